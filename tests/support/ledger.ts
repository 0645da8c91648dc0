/** A ledger on a real table, with a clock that tests move. */

import { systemSleep } from '#shared/kernel/ports.ts';
import type { Problem } from '#shared/ledger/audit/replay.ts';
import { type Verification, verify, verifyRunning } from '#shared/ledger/audit/verify.ts';
import type { VerifyDeps } from '#shared/ledger/audit/verifyMarks.ts';
import { createAccountStore } from '#shared/ledger/dynamo/accountStore.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { createLaneStore } from '#shared/ledger/dynamo/laneStore.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import type { AccountStore, LaneStore } from '#shared/ledger/ports.ts';
import { createLedger, type Ledger, type LedgerDeps } from '#shared/ledger/write/ledger.ts';
import { createLedgerTable } from './table.ts';

export const UNIT = 'CRD';
export const DAY_MS = 86_400_000;

export interface TestLedger {
  readonly ledger: Ledger;
  readonly store: LaneStore;
  readonly accounts: AccountStore;
  readonly options: Awaited<ReturnType<typeof createLedgerTable>>;
  readonly warnings: unknown[];
  readonly lanes: number;
  /** Another writer's process on the same table. */
  another(over?: Partial<LedgerDeps>): Ledger;
  advance(ms: number): void;
  now(): number;
  /** Opens accounts; those with an amount get it from the mint. */
  open(balances: Readonly<Record<string, bigint>>): Promise<void>;
  available(account: string): Promise<bigint>;
}

export const startLedger = async (
  endpoint: string,
  lanes = 1,
  stream = false,
): Promise<TestLedger> => {
  const options = await createLedgerTable(endpoint, stream);
  const warnings: unknown[] = [];
  let offset = 0;
  const clock = { now: () => Date.now() + offset };
  const note = (...line: unknown[]): void => void warnings.push(line);
  const store = createLaneStore(options);
  const accounts = createAccountStore(options, lanes);
  const deps: LedgerDeps = {
    store,
    holds: createHoldStore(options),
    accounts,
    lanes,
    clock,
    random: { next: Math.random },
    logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    wait: systemSleep,
    patienceMs: 20_000,
  };
  const ledger = createLedger(deps);
  const available = async (account: string): Promise<bigint> =>
    (await ledger.balance({ unit: UNIT, account })).available;
  return {
    ledger,
    store,
    accounts,
    options,
    warnings,
    lanes,
    another: (over) => createLedger({ ...deps, ...over }),
    advance: (ms) => {
      offset += ms;
    },
    now: clock.now,
    available,
    open: async (balances) => {
      await ledger.openAccount({ unit: UNIT, account: 'mint', guarded: false });
      for (const [account, amount] of Object.entries(balances)) {
        await ledger.openAccount({ unit: UNIT, account });
        const id = `mint:${account}`;
        if (amount > 0n)
          await ledger.transfer({ id, unit: UNIT, from: 'mint', to: account, amount });
        // What came from the mint's lane is brought home.
        if (amount > 0n && lanes > 1)
          await ledger.sweep({ unit: UNIT, account }, `home:${account}`);
      }
    },
  };
};

/** What a ledger's table is read and written by. */
export const partsOf = (options: TestLedger['options'], lanes: number) => ({
  store: createLaneStore(options),
  accounts: createAccountStore(options, lanes),
  reader: createLedgerReader(options),
  entries: createEntryStore(options),
});

/** The whole ledger against its journal, while nobody writes. */
export const auditOf = ({
  store,
  options,
  lanes,
}: Pick<TestLedger, 'store' | 'options' | 'lanes'>): Promise<Verification> =>
  verify({ ...partsOf(options, lanes), store, lanes, wait: () => Promise.resolve() });

/** What a running ledger and its journal differ in; undefined is what it should be. */
export const differenceIn = async (
  ledger: Omit<VerifyDeps, 'wait'>,
): Promise<Problem | undefined> => {
  const { problem, unsure } = await verifyRunning({ ...ledger, wait: systemSleep });
  return problem ?? unsure;
};
