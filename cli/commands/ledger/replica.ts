/** `ledger replica`: a copy of the ledger, in a file or in a table of its own. */

import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { QUIET } from '#client/quiet.ts';
import { openTables } from '#client/tables.ts';
import { systemClock, systemSleep } from '#shared/kernel/ports.ts';
import { copyLedger } from '#shared/ledger/audit/copy.ts';
import { ExportError, readExport } from '#shared/ledger/audit/export.ts';
import type { Problem, Replay } from '#shared/ledger/audit/replay.ts';
import {
  type CopySource,
  follow,
  newReplica,
  replicaJson,
  replicaOf,
  sourceOf,
} from '#shared/ledger/audit/replica.ts';
import { createTable } from '#shared/ledger/dynamo/createTable.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import { json, jsonLine, out, paint, plain, time } from '../../print.ts';
import { repeat } from '../../repeat.ts';
import { looking, nameTarget, type SessionOptions } from '../../session.ts';

export interface ReplicaOptions extends SessionOptions {
  /** Place of the copy: a file, or `table:NAME`. */
  readonly to: string;
  /** Creates the table when it is missing. */
  readonly create?: boolean;
  /** File of an export to build the copy from, instead of the running ledger. */
  readonly from?: string;
  /** Follows the ledger until stopped, or until a difference. */
  readonly follow?: boolean;
  /** Seconds between two readings. */
  readonly every: number;
}

interface Original {
  readonly lanes: number;
  readonly source: CopySource;
}

interface Result {
  readonly blocks: number;
  readonly lag: number;
  readonly problem?: Problem | undefined;
}

/** A copy in a file or in a table. */
interface Copy {
  catchUp(): Promise<Result>;
  close(): void;
}

/** Writes the file as a whole: after a crash the old or the new state is there. */
const save = (file: string, replays: readonly Replay[]): void => {
  writeFileSync(`${file}.new`, replicaJson(replays));
  renameSync(`${file}.new`, file);
};

const copyInFile = (file: string, { lanes, source }: Original): Copy => {
  let at = existsSync(file) ? replicaOf(readFileSync(file, 'utf8')) : newReplica(lanes);
  const catchUp = async (): Promise<Result> => {
    const { replays, blocks, problem } = await follow(at, source);
    at = replays;
    if (blocks > 0 || !existsSync(file)) save(file, at);
    const heads = await Promise.all(at.map(({ head }) => source.head(head.lane)));
    const lag = heads.reduce((sum, { seq }, lane) => sum + seq - (at[lane]?.head.seq ?? 0), 0);
    return { blocks, lag, problem };
  };
  return { catchUp, close: () => undefined };
};

const copyInTable = async (
  table: string,
  { lanes, source }: Original,
  options: ReplicaOptions,
): Promise<Copy> => {
  const { client, place } = await openTables(options);
  nameTarget(`table ${table}, ${place}`);
  const target = openLedger({ client, table, lanes, logger: QUIET });
  const copy = () => copyLedger({ source, target, lanes, wait: systemSleep });
  const catchUp = async (): Promise<Result> => {
    try {
      return await copy();
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      if (!options.create)
        throw new CliError(`There is no table ${table} here; --create makes it.`, EXIT.usage);
      await createTable(client, table);
      return copy();
    }
  };
  return { catchUp, close: () => client.destroy() };
};

const print = ({ blocks, lag, problem }: Result, options: ReplicaOptions): void => {
  const at = options.follow ? `${time(systemClock.now())}  ` : '';
  if (options.json && options.follow) jsonLine({ blocks, lag, problem });
  else if (options.json) json({ blocks, lag, problem });
  else if (problem)
    out(`${at}${paint('red', 'STOPPED')} ${plain(problem.where)}: ${plain(problem.what)}`);
  else out(`${at}${blocks} blocks executed, ${lag} behind`);
};

const bring = async (options: ReplicaOptions, original: Original): Promise<ExitCode> => {
  const table = /^table:(.+)$/.exec(options.to)?.[1];
  const copy = table
    ? await copyInTable(table, original, options)
    : copyInFile(options.to, original);
  let last: Result | undefined;
  const look = async (): Promise<boolean> => {
    const result = await copy.catchUp();
    // Prints only changes.
    if (!last || result.blocks > 0 || result.lag !== last.lag || result.problem)
      print(result, options);
    last = result;
    return result.problem === undefined;
  };
  try {
    if (options.follow) await repeat(options.every, look);
    else await look();
    return last?.problem ? EXIT.refused : EXIT.ok;
  } finally {
    copy.close();
  }
};

const exportIn = async (file: string): Promise<Original> => {
  try {
    return await readExport(() => createInterface({ input: createReadStream(file) }));
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    throw new CliError(`${file}: ${error.message}`, EXIT.usage, { cause: error });
  }
};

/**
 * Brings the copy up to date by executing the journal. Exits with 4 at a difference.
 *
 * @throws CliError for a missing table without `create`, a bad export, or `follow` with an export
 */
export const replica = async (options: ReplicaOptions): Promise<ExitCode> => {
  const { from } = options;
  if (from === undefined)
    return looking(options, ({ ledger }) =>
      bring(options, { lanes: ledger.lanes, source: sourceOf(ledger) }),
    );
  if (options.follow)
    throw new CliError('An export does not grow: --follow is not for it.', EXIT.usage);
  return bring(options, await exportIn(from));
};
