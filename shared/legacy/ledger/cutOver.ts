/**
 * The end of following: the mesh becomes the one that counts, when all balances are equal; and the
 * way back, which writes what the mesh did into the original's files.
 */
import type { Account } from '#shared/ledger/core/types.ts';
import type { AccountStanding } from '#shared/ledger/write/accounts.ts';
import type { Balances } from './batch.ts';
import { DIGITS } from './divergence.ts';
import { type ExactObject, Lexeme, parseExact, printExact, scaled, unscaled } from './exact.ts';
import { type FollowDeps, followOnce, readFrom } from './follow.ts';
import { LegacyFollowError } from './followErrors.ts';
import type { FollowState, LegacyStanding } from './followState.ts';
import { LEGACY_UNIT, OPENING } from './import.ts';
import { type JournalPosition, journalLine, type LegacyEvent } from './journal.ts';

/** What a cut-over works with. */
export interface CutOverDeps extends FollowDeps {
  /** All accounts of the mesh as of one moment. */
  standings(): Promise<readonly (Account & AccountStanding)[]>;
  /** Runs the work while the original cannot write: under the original's own lock. */
  locked<T>(work: () => Promise<T>): Promise<T>;
  readonly now: () => number;
  /** Appends lines to the journal, durably. */
  append(text: string): Promise<void>;
  /** Puts another ledger.json in place of the present one, whole or not at all. */
  replace(text: string): Promise<void>;
}

/** An account that is not equal on both sides, in minor units. */
interface UnequalAccount {
  readonly account: string;
  /** undefined: there is no such account. */
  readonly original: bigint | undefined;
  readonly mesh: bigint | undefined;
}

/** The accounts that the original knows, or would have to know: an empty one of the mesh is neither. */
const meshAccounts = async ({ balances }: LegacyStanding, { standings }: CutOverDeps) =>
  new Map(
    (await standings())
      .filter(({ unit, account }) => unit === LEGACY_UNIT && account !== OPENING)
      .filter(({ account, posted, held }) => balances.has(account) || posted !== 0n || held !== 0n)
      .map(({ account, ...standing }) => [account, standing]),
  );

/** The accounts whose balances differ; none when the mesh is equal to the last unit. */
const unequal = async (
  at: LegacyStanding,
  deps: CutOverDeps,
): Promise<readonly UnequalAccount[]> => {
  const mesh = await meshAccounts(at, deps);
  return [...new Set([...at.balances.keys(), ...mesh.keys()])].flatMap((account) => {
    const [original, ours] = [at.balances.get(account), mesh.get(account)?.posted];
    return original === ours ? [] : [{ account, original, mesh: ours }];
  });
};

const inWords = ({ account, original, mesh }: UnequalAccount): string =>
  `${account}: original ${original ?? 'none'}, mesh ${mesh ?? 'none'}`;

const SHOWN_MAX = 20;

/**
 * Takes over the last changes, proves that every balance is equal to the last minor unit, and ends
 * the following. The original cannot write meanwhile. Repeating it changes nothing.
 *
 * @throws LegacyFollowError BALANCES_DIFFER, with the accounts; then nothing was switched
 */
export const cutOver = (deps: CutOverDeps): Promise<FollowState> =>
  deps.locked(async () => {
    const known = await deps.state.load();
    if (known?.phase === 'cut over') return known;
    // The first turn finishes what a follower left half done, the second sees what is new.
    await followOnce(deps);
    const { state } = await followOnce(deps);
    const different = await unequal(state.at, deps);
    if (different.length > 0)
      throw new LegacyFollowError(
        'BALANCES_DIFFER',
        `${different.length} balances differ, so nothing was switched:\n${different.slice(0, SHOWN_MAX).map(inWords).join('\n')}`,
      );
    const switched: FollowState = { ...state, phase: 'cut over' };
    await deps.state.save(switched);
    return switched;
  });

const REASON = 'sheratan:take_back';

/** The journal's lines for what the mesh changed. The same changes always make the same lines. */
const adjustments = (
  changes: readonly (readonly [account: string, change: bigint])[],
  { lines, lastHash }: JournalPosition,
  now: number,
): string => {
  let previous = lastHash;
  return changes
    .map(([account, change], index) => {
      const event: ExactObject = {
        type: 'adjust',
        account,
        amount: unscaled(change, DIGITS),
        reason: REASON,
        schema: 'ledger_event.v1',
        event_id: `${REASON}:${lines + index + 1}`,
        ts: new Lexeme((now / 1_000).toFixed(3)),
        currency: LEGACY_UNIT,
      };
      const { line, hash } = journalLine(event, previous);
      previous = hash;
      return `${line}\n`;
    })
    .join('');
};

/** How the balances differ from the standing and the adjustments that are in the journal already. */
const changesTo = (
  balances: Balances,
  at: LegacyStanding,
  journaled: readonly LegacyEvent[],
): readonly (readonly [string, bigint])[] => {
  const told = new Map(at.balances);
  for (const { account, amount } of journaled)
    told.set(account, (told.get(account) ?? 0n) + scaled(amount, DIGITS));
  return [...balances]
    .map(([account, units]) => [account, units - (told.get(account) ?? 0n)] as const)
    .filter(([, change]) => change !== 0n);
};

/** ledger.json with other balances; accounts that are new have no history in it. */
const withBalances = (text: string, balances: Balances, now: number): string => {
  const data = parseExact(text) as ExactObject;
  const before = (data['accounts'] ?? {}) as ExactObject;
  const fresh = { created_at: new Date(now).toISOString(), meta: {} };
  const accounts = Object.fromEntries(
    [...balances].map(([account, units]) => [
      account,
      {
        ...((before[account] ?? fresh) as ExactObject),
        balance: new Lexeme(unscaled(units, DIGITS)),
      },
    ]),
  );
  return printExact({ ...data, accounts });
};

/** @throws LegacyFollowError HOLDS_OPEN */
const meshBalances = async (at: LegacyStanding, deps: CutOverDeps): Promise<Balances> => {
  const mesh = await meshAccounts(at, deps);
  const holding = [...mesh].filter(([, { held }]) => held !== 0n).map(([account]) => account);
  if (holding.length > 0)
    throw new LegacyFollowError(
      'HOLDS_OPEN',
      `holds are open on ${holding.slice(0, SHOWN_MAX).join(', ')}: wait for their jobs, or release them`,
    );
  return new Map([...mesh].map(([account, { posted }]) => [account, posted]));
};

/**
 * Gives the ledger back to the original: writes what the mesh changed since the cut-over as
 * `adjust` events into the journal, and the mesh's balances into ledger.json. Then the original
 * counts again, and can be followed again. A take-back that died half way is repeated.
 *
 * @throws LegacyFollowError HOLDS_OPEN, WRONG_PHASE, LEDGER_REPLACED when the original wrote, too
 */
export const takeBackLedger = (deps: CutOverDeps): Promise<FollowState> =>
  deps.locked(async () => {
    const known = await deps.state.load();
    if (known?.phase !== 'cut over')
      throw new LegacyFollowError('WRONG_PHASE', 'there was no cut-over that could be taken back');
    const { at } = known;
    const { standing, events } = await readFrom(at, deps);
    const ours = events.filter(({ reason }) => reason === REASON);
    const isUntouched = ours.length === events.length && standing.transfers === at.transfers;
    if (!isUntouched)
      throw new LegacyFollowError(
        'LEDGER_REPLACED',
        `the original wrote after the cut-over (line ${at.lines + 1}, transfer ${at.transfers + 1}): its changes and the mesh's cannot both count. Put the files of the cut-over back`,
      );
    const balances = await meshBalances(at, deps);
    await deps.append(adjustments(changesTo(balances, at, ours), standing, deps.now()));
    await deps.replace(withBalances(await deps.files.ledger(), balances, deps.now()));
    const end = await readFrom(at, deps);
    const state: FollowState = { ...known, phase: 'following', at: end.standing };
    await deps.state.save(state);
    return state;
  });
