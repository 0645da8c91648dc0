/** One DynamoDB Local for all integration tests; each file makes tables of its own. */
import type { TestProject } from 'vitest/node';
import { startTableServer } from '#emulator/tables/tableServer.ts';

declare module 'vitest' {
  interface ProvidedContext {
    dynamoEndpoint: string;
  }
}

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const server = await startTableServer();
  project.provide('dynamoEndpoint', server.endpoint);
  return () => server.stop();
};
