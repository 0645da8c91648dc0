/** The alarms: what people are told, when, and what they do then. */
import type { Inventory } from './inventory.ts';
import { ageAlarms, callbackAlarms, inFlightAlarms, jobAlarms } from './jobAlarms.ts';
import { ledgerAlarms } from './ledgerAlarms.ts';
import {
  deadLetterAlarms,
  functionAlarms,
  hostAlarms,
  streamAlarms,
  tableAlarms,
} from './machineAlarms.ts';
import type { AlarmSpec } from './spec.ts';

/** All alarms of a deployment, in the order of the runbook. */
export const alarmsOf = (inventory: Inventory): readonly AlarmSpec[] => [
  ...deadLetterAlarms(inventory),
  ...jobAlarms(inventory),
  ...ageAlarms(inventory),
  ...inFlightAlarms(inventory),
  ...streamAlarms(inventory),
  ...callbackAlarms(inventory),
  ...ledgerAlarms(inventory),
  ...(inventory.hasHosts ? hostAlarms(inventory) : []),
  ...functionAlarms(inventory),
  ...tableAlarms(inventory),
];
