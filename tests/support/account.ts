/** An account whose CloudFormation knows every stack, and whose other services refuse everything. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { VERSION_OUTPUTS } from '#shared/contracts/version.ts';
import { stacksOf } from './front.ts';

export interface Account {
  readonly url: string;
  /** Stacks that were asked for, as `region/name`. */
  readonly asked: string[];
  stop(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
};

/** Of the signature's scope: `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/…`. */
const regionOf = ({ headers }: IncomingMessage): string =>
  /Credential=[^/]+\/\d+\/([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? '';

export const startAccount = async (): Promise<Account> => {
  const asked: string[] = [];
  const names = [...Object.values(OUTPUTS), ...Object.values(QUEUE_OUTPUTS)].filter(
    (name) => name !== OUTPUTS.pools,
  );
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    const name = form.get('StackName');
    if (form.get('Action') !== 'DescribeStacks' || name === null)
      return response
        .writeHead(400, { 'x-amzn-errortype': 'ValidationException' })
        .end('{"__type":"ValidationException","message":"refused by the test"}');
    asked.push(`${regionOf(request)}/${name}`);
    const outputs = Object.fromEntries(names.map((output) => [output, `${url}/0/${output}`]));
    const known = { [OUTPUTS.ledgerLanes]: '1', ...VERSION_OUTPUTS };
    return response.end(stacksOf(name, { ...outputs, ...known }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, asked, stop };
};
