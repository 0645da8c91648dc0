/** Alarms of the ledger. */
import { LEDGER_METRICS, MESH_METRICS } from '#shared/contracts/metrics.ts';
import { above, minutes } from './alarmKit.ts';
import type { Inventory } from './inventory.ts';
import { own } from './metrics.ts';
import type { AlarmSpec } from './spec.ts';

/** Alarms of balances that differ, and of holds, entries and charges that are late. */
export const ledgerAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  above(
    'LedgerDifference',
    'page',
    own(inventory, 'timekeeper', LEDGER_METRICS.trialBalance, 'Maximum'),
    0,
    minutes(1),
    {
      means:
        'A balance differs from what the journal says, or a block does not sum to 0. This must never happen.',
      firstLook:
        '`sheratan ledger verify` names the first item that is wrong. Where it says `not sure`, verify again once the mesh is paused.',
      firstAction:
        '`sheratan pause --reason TEXT`, so that nothing is held or paid. `sheratan ledger export FILE`, for evidence. Then `sheratan ledger repair --yes`, which makes balances again from the journal.',
    },
  ),
  above(
    'HoldsOverdue',
    'page',
    own(inventory, 'timekeeper', LEDGER_METRICS.holdsOverdue, 'Maximum'),
    0,
    minutes(5),
    {
      means:
        'Holds whose time is over could not be ended for five minutes: payers cannot spend money that is theirs.',
      firstLook: 'The timekeeper’s log, and Conflicts on the dashboard.',
      firstAction:
        '`sheratan ledger release HOLD`, for a hold that a payer waits for. Then fix what the log says.',
    },
  ),
  above(
    'LedgerLag',
    'ticket',
    own(inventory, 'timekeeper', MESH_METRICS.ledgerLag, 'Maximum'),
    1_000,
    minutes(5),
    {
      means:
        'For five minutes statements have been more than 1,000 blocks behind the journal. Balances are right.',
      firstLook: 'Errors and Stream lag of the snapshotter; a broken chain is named in its log.',
      firstAction:
        'When the log says LEDGER_CHAIN_BROKEN, do as for LedgerDifference. Otherwise wait: the timekeeper catches up each minute.',
    },
  ),
  above(
    'ChargesOpen',
    'ticket',
    own(inventory, 'settler', MESH_METRICS.chargesOpen),
    0,
    minutes(10),
    {
      means: 'Charges of ended jobs have come back for ten minutes: somebody is not paid yet.',
      firstLook: 'The settler’s log has the outcome’s code for each.',
      firstAction:
        'When an account is closed or missing: `sheratan ledger reopen` or `sheratan ledger open`. The charges then settle by themselves.',
    },
  ),
];
