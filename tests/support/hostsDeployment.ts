/** A deployment that has a Hosts table and nothing else that answers, for the commands about hosts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { VERSION_OUTPUTS } from '#shared/contracts/version.ts';
import { startRegistry, type TestRegistry } from './hosts.ts';
import { inProcess } from './inProcess.ts';
import type { Sheratan } from './sheratan.ts';

export interface HostsDeployment {
  readonly registry: TestRegistry;
  readonly run: Sheratan['run'];
  stop(): void;
}

export const startHostsDeployment = async (endpoint: string): Promise<HostsDeployment> => {
  const registry = await startRegistry(endpoint);
  const home = mkdtempSync(join(tmpdir(), 'sheratan-home-'));
  const names = [...Object.values(OUTPUTS), ...Object.values(QUEUE_OUTPUTS)].filter(
    (name) => name !== OUTPUTS.pools,
  );
  const state = {
    pid: process.pid,
    stackName: 'Sheratan-test',
    outputs: {
      ...Object.fromEntries(names.map((name) => [name, 'none'])),
      ...VERSION_OUTPUTS,
      [OUTPUTS.ledgerLanes]: '1',
      [OUTPUTS.hostsTable]: registry.options.table,
    },
    clientEnv: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    },
  };
  writeFileSync(join(home, 'embedded.json'), JSON.stringify(state));
  return {
    registry,
    run: inProcess(home),
    stop: () => rmSync(home, { recursive: true, force: true }),
  };
};
