/** The ledger on its table, with the system's clock. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { countTable } from '#shared/aws/usage.ts';
import type { Logger } from '#shared/kernel/ports.ts';
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import type { RepairStore } from '#shared/ledger/audit/repair.ts';
import { createAccountStore } from '#shared/ledger/dynamo/accountStore.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createHistoryStore } from '#shared/ledger/dynamo/historyStore.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { createLaneStore } from '#shared/ledger/dynamo/laneStore.ts';
import { ledgerClient } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairStore.ts';
import type {
  AccountStore,
  EntryStore,
  HistoryStore,
  HoldStore,
  LaneStore,
  LedgerReader,
} from '#shared/ledger/ports.ts';
import { createLedger, type Ledger } from '#shared/ledger/write/ledger.ts';

export interface SystemOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly lanes: number;
  readonly logger: Logger;
}

export interface LedgerSystem {
  readonly ledger: Ledger;
  readonly accounts: AccountStore;
  readonly store: LaneStore;
  readonly holds: HoldStore;
  readonly reader: LedgerReader;
  readonly entries: EntryStore;
  readonly history: HistoryStore;
  readonly repairs: RepairStore;
  readonly lanes: number;
}

/**
 * The longest that one operation tries, in ms: within a function's time and a person's patience.
 */
const PATIENCE_MS = 10_000;

/**
 * The ledger and its stores on one table. `lanes` must be the number that the table was made with.
 */
export const openLedger = ({ client, table, lanes, logger }: SystemOptions): LedgerSystem => {
  const options = { client: countTable(ledgerClient(client)), table };
  const store = createLaneStore(options);
  const holds = createHoldStore(options);
  const accounts = createAccountStore(options, lanes);
  const ledger = createLedger({
    store,
    holds,
    accounts,
    lanes,
    logger,
    clock: systemClock,
    random: systemRandom,
    patienceMs: PATIENCE_MS,
    wait: systemSleep,
  });
  const [history, repairs] = [createHistoryStore(options), createRepairStore(options)];
  const [reader, entries] = [createLedgerReader(options), createEntryStore(options)];
  return { ledger, accounts, store, holds, reader, entries, history, repairs, lanes };
};
