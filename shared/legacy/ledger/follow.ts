/**
 * Follows the original's ledger while the original still writes: each change of its files becomes a
 * batch of payments. What a batch is made of is written down before its first payment, and every
 * payment has an id of its own: a follower that died goes on with the same batch.
 */
import { clipped } from '#shared/kernel/text.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { HistoryStore } from '#shared/ledger/ports.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { type Batch, batchOf } from './batch.ts';
import { DIGITS, type LegacyTransfer, legacySnapshotOf } from './divergence.ts';
import { type ExactObject, parseExact, scaled } from './exact.ts';
import { LegacyFollowError } from './followErrors.ts';
import type { FollowState, LegacyStanding } from './followState.ts';
import { historyLines, importLegacyBalances, LEGACY_UNIT, OPENING } from './import.ts';
import { JOURNAL_START, type LegacyEvent, readJournal } from './journal.ts';

/** The files of the original. */
export interface LegacyFiles {
  /** Whole lines of the journal from a byte on; a line that is being written comes the next time. */
  journal(fromByte: number): Promise<string>;
  /** The text of ledger.json. */
  ledger(): Promise<string>;
}

/** The follower's own file. */
export interface FollowStateFile {
  load(): Promise<FollowState | undefined>;
  /** Durable when it resolves: the old or the new state is there, whatever happens. */
  save(state: FollowState): Promise<void>;
}

/** What a follower works with. */
export interface FollowDeps {
  readonly files: LegacyFiles;
  readonly state: FollowStateFile;
  readonly ledger: Ledger;
  readonly history: HistoryStore;
}

/** What the original has, read from where a follower stands. */
export interface Reading {
  readonly standing: LegacyStanding;
  readonly events: readonly LegacyEvent[];
  readonly transfers: readonly LegacyTransfer[];
}

/** Before the original's first line. */
const START: LegacyStanding = {
  ...JOURNAL_START,
  bytes: 0,
  transfers: 0,
  lastTransfer: '',
  balances: new Map(),
};

/** @throws LegacyFollowError JOURNAL_BROKEN */
const journalFrom = async (at: LegacyStanding, files: LegacyFiles) => {
  const text = await files.journal(at.bytes);
  const read = readJournal(text, at);
  const { ok, at_line: line, status } = read.chain;
  if (ok) return { text, ...read };
  throw new LegacyFollowError(
    'JOURNAL_BROKEN',
    `the journal is broken at line ${line} (${status}): nothing from that line on is taken`,
  );
};

/**
 * Reads what the original has, its journal from a standing on.
 *
 * @throws LegacyFollowError JOURNAL_BROKEN, LEDGER_REPLACED
 */
export const readFrom = async (
  at: LegacyStanding,
  { files }: Pick<FollowDeps, 'files'>,
): Promise<Reading> => {
  const { text, events, chain } = await journalFrom(at, files);
  const { accounts, transfers } = legacySnapshotOf(parseExact(await files.ledger()) as ExactObject);
  const known = transfers[at.transfers - 1]?.id ?? '';
  if (known !== at.lastTransfer)
    throw new LegacyFollowError(
      'LEDGER_REPLACED',
      `transfer ${at.transfers} of ledger.json was ${at.lastTransfer} and is ${known || 'missing'}: another ledger was put in its place`,
    );
  return {
    events,
    transfers,
    standing: {
      lines: chain.events,
      lastHash: chain.last_hash,
      bytes: at.bytes + Buffer.byteLength(text),
      transfers: transfers.length,
      lastTransfer: transfers.at(-1)?.id ?? '',
      balances: new Map([...accounts].map(([account, of]) => [account, scaled(of, DIGITS)])),
    },
  };
};

const sameBalances = (a: LegacyStanding, b: LegacyStanding): boolean =>
  a.balances.size === b.balances.size &&
  [...a.balances].every(([account, units]) => b.balances.get(account) === units);

/** Whether nothing happened between two standings. */
const isSame = (a: LegacyStanding, b: LegacyStanding): boolean =>
  a.lines === b.lines && a.transfers === b.transfers && sameBalances(a, b);

/** How much of the original's note is kept with a transfer, in characters. */
const NOTE_MAX = 200;

const expectDone = (outcome: Outcome): void => {
  if (isDone(outcome)) return;
  throw new LegacyFollowError(
    'PAYMENT_REFUSED',
    `${outcome.id}: ${outcome.code} ${outcome.detail ?? ''}`.trim(),
  );
};

const pay = async (
  { opens, gets, moves, gives }: Batch,
  name: string,
  { ledger }: FollowDeps,
): Promise<void> => {
  const unit = LEGACY_UNIT;
  for (const account of opens) expectDone(await ledger.openAccount({ unit, account }));
  if (gets.size > 0) {
    const to = [...gets].map(([account, amount]) => ({ to: account, amount }));
    expectDone(await ledger.disburse({ id: `${name}:gets`, unit, from: OPENING, to }));
  }
  for (const { id, from, to, amount, jobId, note } of moves) {
    const metadata = {
      ...(jobId && { job: jobId }),
      ...(note && { note: clipped(note, NOTE_MAX) }),
    };
    const payment = { id: `legacy:${id}`, unit, from, to, amount, metadata };
    expectDone(await ledger.transfer(payment));
  }
  for (const [index, [account, amount]] of [...gives].entries()) {
    const payment = { id: `${name}:gives:${index}`, unit, from: account, to: OPENING, amount };
    expectDone(await ledger.transfer(payment));
  }
};

/** Pays what is between two standings, writes the journal's lines, and keeps the new standing. */
const advance = async (
  state: FollowState,
  next: LegacyStanding,
  { events, transfers }: Reading,
  deps: FollowDeps,
): Promise<FollowState> => {
  const { at } = state;
  await deps.history.write(historyLines(events.filter(({ line }) => line <= next.lines)));
  const batch = batchOf(at.balances, next.balances, transfers.slice(at.transfers, next.transfers));
  await pay(batch, `legacy:batch:${state.batch}`, deps);
  const done = { phase: 'following', at: next, batch: state.batch } as const;
  await deps.state.save(done);
  return done;
};

/** The first time: the balances as they are, as one payment, and the whole journal as history. */
const begin = async (state: FollowState | undefined, deps: FollowDeps): Promise<FollowState> => {
  const { standing, events } = await readFrom(START, deps);
  const begun: FollowState = state ?? { phase: 'importing', at: standing, batch: 0 };
  if (!state) await deps.state.save(begun);
  const { lines, balances } = begun.at;
  const lived = events.filter(({ line }) => line <= lines);
  expectDone(await importLegacyBalances({ events: lived, balances }, deps));
  const done: FollowState = { ...begun, phase: 'following' };
  await deps.state.save(done);
  return done;
};

/**
 * Takes over what the original did since the last time.
 *
 * @returns where the mesh stands now, and whether anything was new
 * @throws LegacyFollowError; SyntaxError for a ledger.json that is no JSON
 */
export const followOnce = async (
  deps: FollowDeps,
): Promise<{ readonly state: FollowState; readonly isNew: boolean }> => {
  const known = await deps.state.load();
  if (!known || known.phase === 'importing')
    return { state: await begin(known, deps), isNew: true };
  if (known.phase === 'cut over')
    throw new LegacyFollowError(
      'WRONG_PHASE',
      'the mesh took over at the cut-over: nothing more is taken from the original. --take-back gives the ledger back',
    );
  const whole = known.next
    ? await advance(known, known.next, await readFrom(known.at, deps), deps)
    : known;
  const reading = await readFrom(whole.at, deps);
  const { standing } = reading;
  if (isSame(whole.at, standing)) return { state: whole, isNew: known.next !== undefined };
  const begun: FollowState = { ...whole, batch: whole.batch + 1, next: standing };
  await deps.state.save(begun);
  return { state: await advance(begun, standing, reading, deps), isNew: true };
};

/** How far the mesh is behind the original. */
export interface FollowLag {
  /** Whole lines of the journal that are not taken over. */
  readonly lines: number;
  /** For how long the first of them is written, in ms; 0 for none. */
  readonly ageMs: number;
}

/**
 * @param now ms since the epoch
 * @throws LegacyFollowError JOURNAL_BROKEN
 */
export const followLag = async (
  { at }: FollowState,
  { files }: FollowDeps,
  now: number,
): Promise<FollowLag> => {
  const { events } = await journalFrom(at, files);
  const [first] = events;
  return {
    lines: events.length,
    ageMs: first ? Math.max(0, Math.round(now - Number(first.at) * 1_000)) : 0,
  };
};
