/** `ledger replica`: copies of the ledger, in a file or in a table of their own. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { tableClient } from '#client/tables.ts';
import { copyLedger } from '#shared/ledger/copy.ts';
import { createTable } from '#shared/ledger/dynamo/createTable.ts';
import type { Problem, Replay } from '#shared/ledger/replay.ts';
import {
  type CopySource,
  exported,
  follow,
  newReplica,
  replicaJson,
  replicaOf,
} from '#shared/ledger/replica.ts';
import { openLedger } from '#shared/ledger/system.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { json, out, paint, plain } from '../print.ts';
import { type SessionOptions, withDeployment } from '../session.ts';

export interface ReplicaOptions extends SessionOptions {
  /** A file, or `table:NAME`. */
  readonly to: string;
  /** Make the table if it is not there. */
  readonly create?: boolean;
  /** An export to build it from, instead of the running ledger. */
  readonly from?: string;
}

interface Result {
  readonly blocks: number;
  readonly lag: number;
  readonly problem?: Problem | undefined;
}

/** Never half a file: a replica is where it was, or where it is. */
const save = (file: string, replays: readonly Replay[]): void => {
  writeFileSync(`${file}.new`, replicaJson(replays));
  renameSync(`${file}.new`, file);
};

const toFile = async (file: string, lanes: number, source: CopySource): Promise<Result> => {
  const before = existsSync(file) ? replicaOf(readFileSync(file, 'utf8')) : newReplica(lanes);
  const { replays, blocks, problem } = await follow(before, source);
  save(file, replays);
  const heads = await Promise.all(replays.map(({ head }) => source.head(head.lane)));
  const lag = heads.reduce((sum, { seq }, lane) => sum + seq - (replays[lane]?.head.seq ?? 0), 0);
  return { blocks, lag, problem };
};

const quiet = (): void => undefined;
const QUIET = { debug: quiet, info: quiet, warn: quiet, error: quiet };

const bringTable = async (
  client: DynamoDBClient,
  table: string,
  lanes: number,
  source: CopySource,
): Promise<Result> => {
  const target = openLedger({ client, table, lanes, logger: QUIET });
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return copyLedger({ source, target, lanes, wait });
};

const toTable = async (
  table: string,
  options: ReplicaOptions,
  lanes: number,
  source: CopySource,
): Promise<Result> => {
  const client = tableClient(options);
  try {
    return await bringTable(client, table, lanes, source);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    if (!options.create)
      throw new CliError(`There is no table ${table} here; --create makes it.`, EXIT.usage);
    await createTable(client, table);
    return await bringTable(client, table, lanes, source);
  } finally {
    client.destroy();
  }
};

const bring = async (
  options: ReplicaOptions,
  lanes: number,
  source: CopySource,
): Promise<ExitCode> => {
  const { to } = options;
  const table = /^table:(.+)$/.exec(to)?.[1];
  const { blocks, lag, problem } = table
    ? await toTable(table, options, lanes, source)
    : await toFile(to, lanes, source);
  if (options.json) json({ blocks, lag, problem });
  else if (problem)
    out(`${paint('red', 'STOPPED')} ${plain(problem.where)}: ${plain(problem.what)}`);
  else out(`${blocks} blocks executed, ${lag} behind`);
  return problem ? EXIT.refused : EXIT.ok;
};

const exportIn = (file: string): { readonly lanes: number; readonly source: CopySource } => {
  const [first = '', ...lines] = readFileSync(file, 'utf8').split('\n');
  try {
    const { lanes } = JSON.parse(first) as { readonly lanes?: number };
    if (lanes !== undefined) return { lanes, source: exported(lines) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CliError(`${file} is no whole export of a ledger.`, EXIT.usage);
};

export const replica = (options: ReplicaOptions): Promise<ExitCode> => {
  const { from } = options;
  if (from === undefined)
    return withDeployment(options, ({ ledger: { lanes, reader, store, accounts } }) => {
      const source = { ...reader, head: store.head, accounts: accounts.list };
      return bring(options, lanes, source);
    });
  const { lanes, source } = exportIn(from);
  return bring(options, lanes, source);
};
