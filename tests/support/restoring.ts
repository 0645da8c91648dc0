/** An embedded cloud whose tables are lost and restored, with jobs that wait for a word. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { polledAt } from '#emulator/servers.ts';
import { deliverBatch, type StreamDeps, type StreamRetry } from '#emulator/triggers/streamBatch.ts';
import { type Deliver, readStream } from '#emulator/triggers/streamReading.ts';
import { pauseFor } from '#shared/kernel/pause.ts';
import { inProcess, type Run } from './inProcess.ts';
import { enableStream, type TableExport } from './tableExports.ts';

export interface Gates {
  /** Answers only when it was opened. */
  waiting(name: string): string;
  /** Answers 503 until it was opened. */
  failing(name: string): string;
  open(name: string): void;
  close(): Promise<unknown>;
}

export const startGates = async (): Promise<Gates> => {
  const opened = new Set<string>();
  const waiters = new Map<string, ServerResponse[]>();
  const server = createServer(({ url = '' }, response) => {
    const [, how = '', name = ''] = url.split('/');
    if (opened.has(name)) response.end('open');
    else if (how === 'failing') response.writeHead(503).end();
    else waiters.set(name, [...(waiters.get(name) ?? []), response]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    waiting: (name) => `${base}/waiting/${name}`,
    failing: (name) => `${base}/failing/${name}`,
    open: (name) => {
      opened.add(name);
      for (const response of waiters.get(name) ?? []) response.end('open');
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};

export interface Restoring {
  readonly cloud: Cloud;
  readonly mesh: Deployment;
  readonly tables: DynamoDBClient;
  readonly run: Run;
  send(...envelopes: object[]): Promise<void>;
  /** Until the job is in that state. */
  reach(id: string, status: string): Promise<void>;
  /** Feeds a function from the stream of a table that was restored, as a mapping made anew does. */
  remap(table: TableExport, functionName: RegExp): Promise<void>;
  invoke(functionName: RegExp, event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const PATIENCE = { timeout: 120_000, interval: 100 };
/** As the template's mappings do, but for ever. */
const UNTIL_TAKEN: StreamRetry = {
  attemptsMax: -1,
  ageSecondsMax: -1,
  bisect: true,
  reportsFailures: true,
};

export const startRestoring = async (assemblyDir: string): Promise<Restoring> => {
  const cloud = await startCloud({ assemblyDir });
  const { stackName, outputs, clientEnv, region } = cloud;
  const state = { pid: process.pid, stackName, outputs, clientEnv };
  const mesh = openEmbedded(state);
  const home = mkdtempSync(join(tmpdir(), 'sheratan-home-'));
  writeFileSync(join(home, 'embedded.json'), JSON.stringify(state));
  const run = inProcess(home);
  const at = { region, endpoint: cloud.endpoints.dynamodb, credentials: CREDENTIALS };
  const tables = new DynamoDBClient(at);
  const { queues, streams } = polledAt(cloud.endpoints);
  const sources: { stop(): Promise<void> }[] = [];
  const stopping = new AbortController();
  const ask = (functionName: RegExp, event: unknown) => {
    const found = cloud.environments().find(({ functionId }) => functionName.test(functionId));
    return cloud.invoke(found?.functionId ?? String(functionName), event);
  };
  const invoke: Restoring['invoke'] = async (functionName, event) => {
    const answer = await ask(functionName, event);
    expect(answer).toMatchObject({ ok: true });
    return answer;
  };
  return {
    cloud,
    mesh,
    tables,
    run,
    invoke,
    send: async (...envelopes) => {
      const lines = envelopes.map((envelope) => JSON.stringify(envelope)).join('\n');
      expect(await run(['send', '-'], lines)).toMatchObject({ code: 0 });
    },
    reach: (id, status) =>
      expect.poll(async () => (await mesh.store.get(id))?.status, PATIENCE).toBe(status),
    remap: async (table, functionName) => {
      const localArn = await enableStream(tables, table);
      const reading = { streamArn: localArn, localArn, region, batchSize: 100, windowMs: 0 };
      const deps: StreamDeps = {
        invoke: (records) => ask(functionName, { Records: records }),
        giveUp: async (records) => expect(records).toEqual([]),
        pause: (ms) => pauseFor(ms, stopping.signal),
        stopping: () => stopping.signal.aborted,
        now: () => Date.now(),
      };
      const deliver: Deliver = (records) => deliverBatch(records, UNTIL_TAKEN, deps);
      const mapping = { ...reading, startingPosition: 'TRIM_HORIZON' as const };
      sources.push(readStream(streams, mapping, deliver, console.error, stopping));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(sources.map((source) => source.stop()));
      tables.destroy();
      for (const service of [queues, streams]) service.close();
      mesh.close();
      await cloud.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
};
