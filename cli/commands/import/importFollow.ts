/** `import ledger --follow`, `--cut-over`, `--take-back`: the original's ledger while it still writes. */
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { type CutOverDeps, cutOver, takeBackLedger } from '#shared/legacy/ledger/cutOver.ts';
import { type FollowLag, followLag, followOnce } from '#shared/legacy/ledger/follow.ts';
import { LegacyFollowError } from '#shared/legacy/ledger/followErrors.ts';
import type { FollowState } from '#shared/legacy/ledger/followState.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { COMMAND_LOCK, ORIGINAL_LOCK, withFileLock } from '../../fileLock.ts';
import {
  appendTo,
  followStateFile,
  type LegacyPaths,
  legacyFiles,
  legacyPathsIn,
  replaceFile,
  watchLegacy,
} from '../../input/legacyFiles.ts';
import { jsonLine, note, out, plain, time } from '../../print.ts';
import { repeat } from '../../repeat.ts';
import { type Session, type SessionOptions, withDeployment } from '../../session.ts';

/** Options of the three. */
export interface ImportFollowOptions extends SessionOptions {
  readonly follow?: boolean;
  /** With `follow`: ends when nothing is new. */
  readonly once?: boolean;
  readonly cutOver?: boolean;
  readonly takeBack?: boolean;
}

/** How long a follower waits for a change before it looks by itself: file systems lose events. */
const SWEEP_SECONDS = 1;
/** A ledger that changes all the time needs no line for each change. */
const PRINT_EVERY_MS = 1_000;
const depsOf = ({ ledger }: Session, paths: LegacyPaths): CutOverDeps => ({
  files: legacyFiles(paths),
  state: followStateFile(paths),
  ledger: ledger.ledger,
  history: ledger.history,
  standings: () => standings({ ...ledger, random: systemRandom, wait: systemSleep }),
  locked: (work) => withFileLock(paths.lock, ORIGINAL_LOCK, work),
  now: systemClock.now,
  append: (text) => appendTo(paths.journal, text),
  replace: (text) => replaceFile(paths.ledger, text),
});

const print = ({ at, phase }: FollowState, lag: FollowLag, { json }: ImportFollowOptions): void => {
  const { lines, transfers } = at;
  const behind = lag.lines === 0 ? 'lag 0' : `lag ${lag.lines} lines, ${lag.ageMs} ms`;
  if (json) jsonLine({ phase, lines, transfers, accounts: at.balances.size, lag });
  else out(`${time(systemClock.now())}  line ${lines}, transfer ${transfers}, ${behind}`);
};

const follow = async (
  deps: CutOverDeps,
  paths: LegacyPaths,
  options: ImportFollowOptions,
): Promise<void> => {
  const changes = watchLegacy(paths);
  let printedAt = Number.NEGATIVE_INFINITY;
  let isUntold = true;
  const look = async (): Promise<boolean> => {
    for (;;) {
      const { state, isNew } = await followOnce(deps);
      const now = systemClock.now();
      isUntold ||= isNew;
      const isTime = now - printedAt >= PRINT_EVERY_MS || (options.once && !isNew);
      if (isUntold && isTime) {
        print(state, await followLag(state, deps, now), options);
        [printedAt, isUntold] = [now, false];
      }
      if (!isNew) return !options.once;
    }
  };
  try {
    await repeat(SWEEP_SECONDS, look, changes.next);
  } finally {
    changes.close();
  }
};

const NOW_COUNTS = {
  cutOver:
    'The mesh counts now. Stop what writes the original’s ledger. --take-back gives the ledger back.',
  takeBack: 'The original counts again. --follow goes on from here.',
};

const act = async (
  deps: CutOverDeps,
  paths: LegacyPaths,
  options: ImportFollowOptions,
): Promise<void> => {
  if (!options.cutOver && !options.takeBack) return follow(deps, paths, options);
  const way = options.cutOver ? 'cutOver' : 'takeBack';
  const state = await (way === 'cutOver' ? cutOver(deps) : takeBackLedger(deps));
  const count = state.at.balances.size;
  if (options.json)
    jsonLine({
      phase: state.phase,
      lines: state.at.lines,
      transfers: state.at.transfers,
      accounts: count,
    });
  else out(`${count} balances are equal, to the last unit, at line ${state.at.lines}.`);
  note(NOW_COUNTS[way]);
};

/**
 * Follows the original's ledger, switches to the mesh, or gives the ledger back. Exits with 4 when
 * a person has to decide.
 *
 * @throws CliError when a file is missing, or another follower runs
 */
export const importFollow = (
  directory: string,
  options: ImportFollowOptions,
): Promise<ExitCode> => {
  const paths = legacyPathsIn(directory);
  return withDeployment(options, (session) =>
    withFileLock(`${paths.state}.lock`, COMMAND_LOCK, async () => {
      try {
        await act(depsOf(session, paths), paths, options);
        return EXIT.ok;
      } catch (error) {
        if (!(error instanceof LegacyFollowError)) throw error;
        note(`${error.code}: ${plain(error.message)}`);
        return EXIT.refused;
      }
    }),
  );
};
