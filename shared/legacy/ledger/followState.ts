/** Where a follower of the original's ledger stands, as its state file keeps it between two runs. */
import * as v from 'valibot';
import type { Balances } from './batch.ts';
import { LegacyFollowError } from './followErrors.ts';
import type { JournalPosition } from './journal.ts';

/** A moment of the original: its journal, its transfers and its balances. */
export interface LegacyStanding extends JournalPosition {
  /** How many bytes of the journal these lines are. */
  readonly bytes: number;
  /** How many transfers ledger.json has. */
  readonly transfers: number;
  /** The id of the last of them. */
  readonly lastTransfer: string;
  readonly balances: Balances;
}

/**
 * `importing`: the balances of `at` are being paid. `following`: all up to `at` is in the mesh. `cut
 * over`: the mesh is the one that counts, and nothing more is taken from the original.
 */
type FollowPhase = 'importing' | 'following' | 'cut over';

/** What the follower knows. */
export interface FollowState {
  readonly phase: FollowPhase;
  readonly at: LegacyStanding;
  /** How many batches were begun. */
  readonly batch: number;
  /** Where the original stands after the batch that is being paid. */
  readonly next?: LegacyStanding;
}

const VERSION = 1;

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));
const STANDING = v.strictObject({
  lines: COUNT,
  bytes: COUNT,
  lastHash: v.string(),
  transfers: COUNT,
  lastTransfer: v.string(),
  balances: v.array(v.tuple([v.string(), v.pipe(v.string(), v.regex(/^-?\d+$/))])),
});
const STATE = v.strictObject({
  version: v.literal(VERSION),
  phase: v.picklist(['importing', 'following', 'cut over']),
  batch: COUNT,
  at: STANDING,
  next: v.optional(STANDING),
});

const kept = ({ balances, ...standing }: LegacyStanding) => ({
  ...standing,
  balances: [...balances].map(([account, units]) => [account, String(units)]),
});

const standingOf = ({ balances, ...standing }: v.InferOutput<typeof STANDING>): LegacyStanding => ({
  ...standing,
  balances: new Map(balances.map(([account, units]) => [account, BigInt(units)])),
});

/** The state as text for its file. */
export const followStateText = ({ at, next, ...state }: FollowState): string =>
  `${JSON.stringify({ version: VERSION, ...state, at: kept(at), ...(next && { next: kept(next) }) }, undefined, 2)}\n`;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The state from the text of its file.
 *
 * @throws LegacyFollowError STATE_UNREADABLE for what no follower of this version wrote
 */
export const followStateOf = (text: string): FollowState => {
  const result = v.safeParse(STATE, parsed(text));
  if (!result.success)
    throw new LegacyFollowError(
      'STATE_UNREADABLE',
      `this is no state of a follower of version ${VERSION}: ${result.issues[0].message}`,
    );
  const { at, next, phase, batch } = result.output;
  return { phase, batch, at: standingOf(at), ...(next && { next: standingOf(next) }) };
};
