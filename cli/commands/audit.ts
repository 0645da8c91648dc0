/** `ledger verify`, `replica`, `export`: the ledger against its journal, and copies of it. */

import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { repair } from '#shared/ledger/repair.ts';
import type { Replay } from '#shared/ledger/replay.ts';
import {
  type BlockSource,
  exported,
  exportLine,
  follow,
  newReplica,
  replicaJson,
  replicaOf,
} from '#shared/ledger/replica.ts';
import { verify } from '#shared/ledger/verify.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { json, note, out, paint, plain } from '../print.ts';
import { type Session, type SessionOptions, withDeployment } from '../session.ts';

export const verifyAll = (options: SessionOptions): Promise<ExitCode> =>
  withDeployment(options, async ({ ledger }) => {
    const began = performance.now();
    const verdict = await verify(ledger);
    const { problem, blocks, transfers, accounts, balances, holds } = verdict;
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    if (options.json) json(verdict);
    else if (problem)
      out(`${paint('red', 'WRONG')} ${plain(problem.where)}: ${plain(problem.what)}`);
    else
      out(
        `${paint('green', 'all is as the journal says')}: ${blocks} blocks, ${transfers} transfers, ${accounts} accounts, ${balances} balances, ${holds} open holds (${seconds} s)`,
      );
    return problem ? EXIT.refused : EXIT.ok;
  });

export interface RepairOptions extends SessionOptions {
  readonly yes?: boolean;
}

export const repairAll = (options: RepairOptions): Promise<ExitCode> => {
  if (!options.yes)
    throw new CliError(
      'This overwrites heads, balances and records from the journal. Pause the mesh, then repeat with --yes.',
      EXIT.usage,
    );
  return withDeployment(options, async ({ ledger }) => {
    const repaired = await repair(ledger);
    const { blocks, transfers, balances, problem } = repaired;
    if (options.json) json(repaired);
    else out(`rebuilt from ${blocks} blocks: ${transfers} transfers, ${balances} balances`);
    if (problem)
      note(`The journal itself is broken at ${plain(problem.where)}: ${plain(problem.what)}`);
    return problem ? EXIT.refused : EXIT.ok;
  });
};

export const exportBlocks = (file: string, options: SessionOptions): Promise<ExitCode> =>
  withDeployment(options, async ({ ledger: { reader, lanes } }) => {
    const stream = createWriteStream(file);
    stream.write(`${JSON.stringify({ lanes })}\n`);
    let count = 0;
    for (let lane = 0; lane < lanes; lane += 1)
      for await (const blocks of reader.blocks(lane, 0)) {
        const text = blocks.map((block) => `${exportLine(block)}\n`).join('');
        if (!stream.write(text)) await once(stream, 'drain');
        count += blocks.length;
      }
    stream.end();
    await once(stream, 'finish');
    note(`${count} blocks of ${lanes} lanes in ${file}`);
    return EXIT.ok;
  });

export interface ReplicaOptions extends SessionOptions {
  readonly to: string;
  /** An export to build it from, instead of the running ledger. */
  readonly from?: string;
}

/** Never half a file: a replica is where it was, or where it is. */
const save = (file: string, replays: readonly Replay[]): void => {
  writeFileSync(`${file}.new`, replicaJson(replays));
  renameSync(`${file}.new`, file);
};

const lagOf = async (replays: readonly Replay[], { ledger: { store } }: Session) => {
  const heads = await Promise.all(replays.map(({ head }) => store.head(head.lane)));
  return heads.reduce((sum, head, lane) => sum + head.seq - (replays[lane]?.head.seq ?? 0), 0);
};

const bring = async (
  options: ReplicaOptions,
  lanes: number,
  source: BlockSource,
  lag: (replays: readonly Replay[]) => Promise<number>,
): Promise<ExitCode> => {
  const { to } = options;
  const before = existsSync(to) ? replicaOf(readFileSync(to, 'utf8')) : newReplica(lanes);
  const { replays, blocks, problem } = await follow(before, source);
  save(to, replays);
  const behind = await lag(replays);
  if (options.json) json({ blocks, lag: behind, problem });
  else if (problem)
    out(`${paint('red', 'STOPPED')} ${plain(problem.where)}: ${plain(problem.what)}`);
  else out(`${blocks} blocks executed, ${behind} behind`);
  return problem ? EXIT.refused : EXIT.ok;
};

export const replica = (options: ReplicaOptions): Promise<ExitCode> => {
  const { from } = options;
  if (from === undefined)
    return withDeployment(options, (session) => {
      const { lanes, reader } = session.ledger;
      return bring(options, lanes, reader, (replays) => lagOf(replays, session));
    });
  const [first = '{}', ...lines] = readFileSync(from, 'utf8').split('\n');
  const { lanes } = JSON.parse(first) as { readonly lanes?: number };
  if (lanes === undefined) throw new CliError(`${from} is no export of a ledger.`, EXIT.usage);
  return bring(options, lanes, exported(lines), () => Promise.resolve(0));
};
