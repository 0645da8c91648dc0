/** `ledger verify`, `repair`, `export`: the ledger against its journal. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemSleep } from '#shared/kernel/ports.ts';
import { exportLedger } from '#shared/ledger/audit/export.ts';
import { repair } from '#shared/ledger/audit/repair.ts';
import { sourceOf } from '#shared/ledger/audit/replica.ts';
import { type Verification, verifyRunning } from '#shared/ledger/audit/verify.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import { json, note, out, paint, plain } from '../../print.ts';
import { looking, type SessionOptions, withDeployment } from '../../session.ts';

/** Prints what `verify` found. @returns 4 for a difference that stays, 5 when nothing is known */
export const tellVerdict = (
  verdict: Verification,
  seconds: number,
  options: Pick<SessionOptions, 'json'>,
): ExitCode => {
  const { problem, unsure, blocks, transfers, accounts, balances, holds } = verdict;
  if (options.json) json(verdict);
  else if (problem) out(`${paint('red', 'WRONG')} ${plain(problem.where)}: ${plain(problem.what)}`);
  else if (unsure) {
    out(`${paint('yellow', 'not sure')} ${plain(unsure.where)}: ${plain(unsure.what)}`);
    note('It was not the same at each look: somebody writes. Pause the mesh, and verify again.');
  } else
    out(
      `${paint('green', 'all is as the journal says')}: ${blocks} blocks, ${transfers} transfers, ${accounts} accounts, ${balances} balances, ${holds} open holds (${seconds.toFixed(1)} s)`,
    );
  if (unsure) return EXIT.open;
  return problem ? EXIT.refused : EXIT.ok;
};

/** Replays the whole journal and compares every item with the result. */
export const verifyAll = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ ledger }) => {
    const began = performance.now();
    const verdict = await verifyRunning({ ...ledger, wait: systemSleep });
    return tellVerdict(verdict, (performance.now() - began) / 1_000, options);
  });

export interface RepairOptions extends SessionOptions {
  readonly yes?: boolean;
}

/**
 * Rebuilds heads, balances and records from the journal. Exits with 4 when the journal itself is
 * broken.
 *
 * @throws CliError without `yes`
 */
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

/** Writes all blocks and accounts to a file, as JSON lines. */
export const exportBlocks = (file: string, options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ ledger }) => {
    const { lanes } = ledger;
    let blocks = 0;
    const text = async function* () {
      ({ blocks } = yield* exportLedger(sourceOf(ledger), lanes));
    };
    await pipeline(text, createWriteStream(file));
    note(`${blocks} blocks of ${lanes} lanes in ${file}`);
    return EXIT.ok;
  });
