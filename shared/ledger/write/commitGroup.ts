/**
 * Brings groups of transfers to their outcomes: executes a group on what the writer knows, commits,
 * and reads again when the table is otherwise.
 */
import { doubled, fullJitter } from '#shared/kernel/backoff.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Logger, Random } from '#shared/kernel/ports.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { changesOf, fits, itemsWritten } from '../core/balanceChanges.ts';
import { seal } from '../core/blocks.ts';
import type { Book } from '../core/book.ts';
import { answer } from '../core/compareRequests.ts';
import { StoreDeniedError, StoreRefusedError } from '../core/errors.ts';
import { type Executed, executeLinked } from '../core/execute.ts';
import type { Outcome } from '../core/types.ts';
import type { LaneStore } from '../ports.ts';
import { forget, loadAccounts, loadHeads, type Memory, trialOf, type Unit } from './laneMemory.ts';

/** What commits need. `wait` takes ms. */
export interface CommitDeps {
  readonly store: LaneStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly wait: (ms: number) => Promise<void>;
}

interface Tried {
  readonly trial: Book;
  readonly done: readonly Executed[];
  readonly accepted: readonly Unit[];
  readonly refused: ReadonlyMap<Unit, readonly Outcome[]>;
  /** Units that did not fit into this transaction. They are tried in the next one. */
  readonly left: readonly Unit[];
}

const tooLarge = ({ transfers }: Unit, done: readonly Executed[]): readonly Outcome[] => {
  const text = `it changes ${itemsWritten(done)} items; one transaction has ${LIMITS.ledgerItemsMax}`;
  return transfers.map(({ id }) => answer(id, 'set_too_large', text));
};

const tryOut = (trial: Book, units: readonly Unit[], now: number): Tried => {
  const accepted: Unit[] = [];
  const refused = new Map<Unit, readonly Outcome[]>();
  let done: readonly Executed[] = [];
  for (const [index, unit] of units.entries()) {
    const result = executeLinked(trial, unit.transfers, now);
    if (!result.book) {
      refused.set(unit, result.outcomes);
      continue;
    }
    if (!fits(result.done)) {
      refused.set(unit, tooLarge(unit, result.done));
      continue;
    }
    const more = [...done, ...result.done];
    if (!fits(more)) return { trial, done, accepted, refused, left: units.slice(index) };
    result.book.keep();
    done = more;
    accepted.push(unit);
  }
  return { trial, done, accepted, refused, left: [] };
};

const doubt = (units: Iterable<Unit>): void => {
  for (const unit of units) unit.doubted = true;
};

/**
 * Commits what was tried. false: nothing was written; units in doubt are read again at the next
 * try.
 */
const commit = async (memory: Memory, tried: Tried, deps: CommitDeps): Promise<boolean> => {
  const { done, trial, accepted } = tried;
  const now = deps.clock.now();
  const heads = [...memory.heads.values()].filter((head) =>
    done.some(({ lane }) => lane === head.lane),
  );
  const ahead = heads.find(({ at }) => at > now + LIMITS.ledgerSkewMs);
  if (ahead) {
    deps.logger.error('the lane is ahead of this clock: nothing is written', { ...ahead, now });
    return false;
  }
  // All blocks of a commit have one time: a balance at a time then has all of a set or nothing.
  const at = Math.max(now, ...heads.map((head) => head.at));
  const blocks = heads.map((head) =>
    seal(
      head,
      done.filter(({ lane }) => lane === head.lane),
      at,
    ),
  );
  const changes = changesOf(memory.book, trial, done);
  const result = await deps.store.commit({ heads, blocks, done, changes, now });
  if (result.kind === 'done') {
    for (const { key, lane, after } of changes) memory.book.setPosition(key, lane, after);
    for (const block of blocks) memory.heads.set(block.lane, block);
    return true;
  }
  if (result.kind === 'busy') return false;
  const taken = new Set(result.taken);
  doubt(
    result.moved
      ? accepted
      : accepted.filter(({ transfers }) => transfers.some(({ id }) => taken.has(id))),
  );
  if (result.moved) forget(memory);
  return false;
};

/** Tries once. @returns the units that have no outcome yet */
const settleOnce = async (
  memory: Memory,
  units: readonly Unit[],
  deps: CommitDeps,
): Promise<readonly Unit[]> => {
  await loadHeads(memory, deps.store);
  await loadAccounts(memory, units, deps.store);
  const trial = await trialOf(memory, units, deps.store);
  const tried = tryOut(trial, units, deps.clock.now());
  const { refused, accepted, done, left } = tried;
  // A refusal is an answer only when the unit was executed on what had just been read.
  const fresh = [...refused.keys()].filter(({ doubted }) => !doubted);
  doubt(fresh);
  if (fresh.length > 0) return units;
  if (done.length > 0 && !(await commit(memory, tried, deps))) return units;
  for (const [unit, outcomes] of refused) unit.tell(outcomes);
  for (const unit of accepted) unit.tell(unit.transfers.map(({ id }) => answer(id, 'created')));
  return left;
};

/** What an outcome says when time is over, with the last fault: the missing right, the lost network. */
export const lateText = (fault: unknown): string => {
  const text = 'the deadline passed; asking again with the same id is safe';
  return fault === undefined ? text : `${text} (the last try: ${thrownText(fault)})`;
};

/** An earlier try may have been written, so the outcome is unknown; but it is known at once. */
const tellDenied = (units: readonly Unit[], { message }: StoreDeniedError): void => {
  for (const unit of units)
    unit.tell(unit.transfers.map(({ id }) => answer(id, 'unknown', message)));
};

const tellLate = (units: readonly Unit[], now: number, fault: unknown): readonly Unit[] =>
  units.filter((unit) => {
    const late = now >= unit.deadline;
    const text = lateText(fault);
    if (late) unit.tell(unit.transfers.map(({ id }) => answer(id, 'unknown', text)));
    return !late;
  });

const BACKOFF_MS = { min: 5, max: 500 };

/** The table refuses the content of one unit. Each unit is tried alone, so that only one fails. */
const settleEach = async (
  memory: Memory,
  units: readonly Unit[],
  refusal: StoreRefusedError,
  deps: CommitDeps,
): Promise<void> => {
  const [first, ...others] = units;
  if (others.length > 0) {
    for (const unit of units) await commitGroup(memory, [unit], deps);
    return;
  }
  first?.tell(first.transfers.map(({ id }) => answer(id, 'store_refused', refusal.message)));
};

/**
 * Resolves when each unit has been told its outcome. A unit is told `unknown` when its deadline
 * passes or the writer has no right to the table, and `store_refused` when the table never takes it. Does not throw for errors of the
 * table.
 */
export const commitGroup = async (
  memory: Memory,
  units: readonly Unit[],
  deps: CommitDeps,
): Promise<void> => {
  let open = units;
  let fault: unknown;
  for (let tries = 0; open.length > 0; tries += 1) {
    const before = open.length;
    try {
      open = await settleOnce(memory, open, deps);
    } catch (error) {
      deps.logger.warn('a ledger commit failed', { lanes: memory.lanes, error });
      forget(memory);
      if (error instanceof StoreRefusedError) return settleEach(memory, open, error, deps);
      if (error instanceof StoreDeniedError) return tellDenied(open, error);
      // The commit may have been written: the next try reads what the table has.
      fault = error;
      doubt(open);
    }
    const backoff = doubled(BACKOFF_MS.min, tries, BACKOFF_MS.max);
    if (open.length === before && tries > 0) await deps.wait(fullJitter(backoff, deps.random));
    open = tellLate(open, deps.clock.now(), fault);
  }
};
