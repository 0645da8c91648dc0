/** What each command asks of AWS: the smallest policy with which it works. */
import { HELD, type RightsOn } from './rightsOn.ts';

/** Actions of one service on something that the deployment has. */
export type Rights = Readonly<Partial<Record<RightsOn, readonly string[]>>>;

const LOOKS_UP = ['GetItem', 'Query'];
const ATTENTION: Rights = { jobs: ['BatchGetItem'], jobsIndexes: ['Query'] };
const SCHEDULE_CHANGES: Rights = {
  schedules: ['GetSchedule', 'UpdateSchedule'],
  scheduleRole: ['PassRole'],
};
const CONTROL_CHANGES: Rights = { jobs: ['GetItem', 'PutItem'] };
const GROUP_DECISIONS: Rights = {
  jobs: ['BatchGetItem', 'GetItem', 'UpdateItem'],
  jobsIndexes: ['Query'],
  jobQueues: ['ChangeMessageVisibility'],
};
const SCHEMA_LOOKS: Rights = { jobs: ['GetItem'], ledger: ['GetItem'], hosts: ['GetItem'] };
const ROTATION = ['GetSecretValue', 'PutSecretValue'];
const HOST_ADDITIONS: Rights = { hosts: ['BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'] };
const HOST_LOOKS: Rights = { hosts: ['BatchGetItem', ...LOOKS_UP] };
const OVERLAYS: Rights = { hosts: ['BatchGetItem', 'PutItem', 'UpdateItem'] };
const POSTINGS: Rights = { ledger: ['BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'] };
/** A payer's money may be in other lanes, or in holds that have expired. */
const PAYMENTS: Rights = { ...POSTINGS, ledgerIndexes: ['Query'] };

const IMPORT = ['BatchGetItem', 'BatchWriteItem', 'GetItem', 'PutItem', 'UpdateItem'];

const OF_JOBS: Readonly<Record<string, Rights>> = {
  env: {},
  kinds: {},
  types: {},
  send: { jobQueues: ['SendMessage'], objects: ['PutObject'] },
  'send --wait': { jobQueues: ['SendMessage'], objects: ['PutObject'], jobs: ['GetItem'] },
  status: { jobs: LOOKS_UP, objects: ['GetObject'] },
  watch: { jobs: ['GetItem'] },
  why: { jobs: LOOKS_UP, deadLetters: ['ReceiveMessage', 'ChangeMessageVisibility'] },
  flow: { jobs: LOOKS_UP },
  jobs: {
    jobs: ['BatchGetItem', 'GetItem'],
    jobsIndexes: ['Query'],
    deadLetters: ['ReceiveMessage', 'ChangeMessageVisibility'],
  },
  'jobs --mission': ATTENTION,
  'jobs --open': { jobs: ['Scan'] },
  'workspace push': { objects: ['PutObject'] },
  'workspace list': { bucket: ['ListBucket'] },
  console: {
    jobs: ['BatchGetItem', ...LOOKS_UP, 'Scan', 'DescribeTable'],
    jobsIndexes: ['Query'],
    deadLetters: ['ReceiveMessage', 'ChangeMessageVisibility'],
    jobQueues: ['GetQueueAttributes'],
    objects: ['GetObject'],
    ledger: ['BatchGetItem', ...LOOKS_UP, 'Scan'],
    ledgerIndexes: ['Query'],
    hosts: ['BatchGetItem', ...LOOKS_UP],
    schedules: ['GetSchedule'],
    allSchedules: ['ListSchedules'],
    metrics: ['GetMetricData', 'DescribeAlarms'],
    logs: ['FilterLogEvents'],
  },
  doctor: {
    stack: ['ListStackResources'],
    queues: ['GetQueueAttributes'],
    deadLetters: ['ReceiveMessage'],
    jobs: ['BatchGetItem', 'GetItem'],
    jobsIndexes: ['Query'],
    ledger: ['GetItem'],
    ledgerIndexes: ['Query'],
    hosts: ['GetItem'],
    functions: ['GetFunctionConfiguration', 'GetFunctionConcurrency'],
    allFunctions: ['ListEventSourceMappings', 'GetAccountSettings'],
    rules: ['DescribeRule', 'ListTargetsByRule'],
    schedules: ['GetSchedule'],
    allSchedules: ['ListSchedules'],
    metrics: ['GetMetricData'],
  },
  bridge: {
    jobs: ['GetItem', 'UpdateItem'],
    jobQueues: ['SendMessage'],
    objects: ['GetObject', 'PutObject'],
  },
  'import history': { jobs: ['BatchWriteItem'] },
  cancel: { jobs: ['GetItem', 'UpdateItem'], jobQueues: ['ChangeMessageVisibility'] },
  signal: { jobs: ['UpdateItem'] },
  retry: { jobs: [...LOOKS_UP, 'UpdateItem', 'DeleteItem'], jobQueues: ['SendMessage'] },
  redrive: {
    jobs: ['GetItem', 'UpdateItem'],
    jobQueues: ['SendMessage'],
    objects: ['GetObject', 'PutObject'],
  },
  'redrive --status': {
    jobs: ['BatchGetItem', 'UpdateItem'],
    jobsIndexes: ['Query'],
    jobQueues: ['SendMessage'],
  },
  'redrive --dead-letters': {
    jobs: ['GetItem', 'UpdateItem'],
    deadLetters: ['ReceiveMessage', 'DeleteMessage'],
  },
  'groups list': ATTENTION,
  'groups skip': GROUP_DECISIONS,
  'groups resume': GROUP_DECISIONS,
};

const OF_CONTROL: Readonly<Record<string, Rights>> = {
  'limits list': { jobs: ['GetItem'] },
  'limits set': CONTROL_CHANGES,
  pause: CONTROL_CHANGES,
  resume: CONTROL_CHANGES,
  state: { jobs: [...LOOKS_UP, 'PutItem'] },
  upgrade: SCHEMA_LOOKS,
  // Of the tables whose schema this release changes.
  'upgrade --finish': { ...SCHEMA_LOOKS, hosts: ['GetItem', 'UpdateItem'] },
  'callbacks failed': { jobs: ['GetItem'], jobsIndexes: ['Query'] },
  'callbacks show': { jobs: ['GetItem'] },
  'callbacks replay': { jobs: ['GetItem'], results: ['SendMessage'] },
  'callbacks secret': { callbackSecret: ['GetSecretValue'] },
  'callbacks secret --rotate': { callbackSecret: ROTATION },
  'schedules list': { schedules: ['GetSchedule'], allSchedules: ['ListSchedules'] },
  'schedules add': {
    schedules: ['GetSchedule', 'CreateSchedule', 'UpdateSchedule'],
    scheduleRole: ['PassRole'],
  },
  'schedules pause': SCHEDULE_CHANGES,
  'schedules resume': SCHEDULE_CHANGES,
  'schedules remove': { schedules: ['DeleteSchedule'] },
};

const OF_HOSTS: Readonly<Record<string, Rights>> = {
  'hosts list': { hosts: LOOKS_UP },
  'hosts show': HOST_LOOKS,
  'hosts watch': HOST_LOOKS,
  'hosts history': HOST_LOOKS,
  'hosts secret': { hostSecret: ['GetSecretValue'] },
  'hosts secret --rotate': { hostSecret: ROTATION },
  'hosts add': HOST_ADDITIONS,
  'hosts import': HOST_ADDITIONS,
  'import hosts': HOST_ADDITIONS,
  'hosts remove': { hosts: ['BatchGetItem', 'UpdateItem', 'DeleteItem'] },
  'hosts drain': OVERLAYS,
  'hosts maintenance': OVERLAYS,
  'hosts undrain': OVERLAYS,
  'hosts rebuild': { hosts: [...LOOKS_UP, 'PutItem'] },
};

const OF_LEDGER: Readonly<Record<string, Rights>> = {
  'ledger accounts': { ledger: [...LOOKS_UP, 'Scan'] },
  'ledger open': { ledger: ['PutItem'] },
  'ledger close': { ledger: ['UpdateItem'] },
  'ledger reopen': { ledger: ['UpdateItem'] },
  'ledger balance': { ledger: ['BatchGetItem', ...LOOKS_UP] },
  'ledger statement': { ledger: ['BatchGetItem', ...LOOKS_UP] },
  'ledger history': { ledger: ['BatchGetItem', 'Query'] },
  'ledger transfer': PAYMENTS,
  'ledger reverse': POSTINGS,
  'ledger show': { ledger: ['BatchGetItem'] },
  'ledger hold': PAYMENTS,
  'ledger post': POSTINGS,
  'ledger release': { ledger: ['BatchGetItem', 'UpdateItem'] },
  'ledger verify': {
    ledger: ['BatchGetItem', ...LOOKS_UP, 'Scan'],
    ledgerIndexes: ['Query'],
  },
  'ledger repair': {
    ledger: ['Query', 'Scan', 'UpdateItem', 'BatchWriteItem'],
    ledgerIndexes: ['Query'],
  },
  'ledger reconcile': { jobs: ['Scan'], ledger: ['BatchGetItem'] },
  'ledger reconcile --since': { jobs: ['Scan'], ledger: ['BatchGetItem', 'Query'] },
  'ledger reconcile --yes': { jobs: ['Scan'], ...PAYMENTS },
  'ledger reconcile --jobs': { copy: ['Scan'], ledger: ['BatchGetItem'] },
  'ledger export': { ledger: ['Query', 'Scan'] },
  'ledger replica': { ledger: LOOKS_UP },
  'ledger replica --to table:': {
    ledger: [...LOOKS_UP, 'Scan'],
    copy: [
      ...['CreateTable', 'DescribeTable', 'BatchGetItem', 'BatchWriteItem', 'GetItem', 'PutItem'],
      ...['Query', 'UpdateItem'],
    ],
  },
  'import ledger': { ledger: IMPORT },
  'import ledger --follow': { ledger: IMPORT, ledgerIndexes: ['Query'] },
  'import ledger --cut-over': { ledger: [...IMPORT, 'Query', 'Scan'], ledgerIndexes: ['Query'] },
  'import ledger --take-back': { ledger: [...LOOKS_UP, 'Scan'] },
};

/**
 * The rights of each command that reaches a deployment, by its name; a name with an option says what
 * is needed with this option. All commands also need {@link EVERY_COMMAND}.
 */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  ...OF_JOBS,
  ...OF_CONTROL,
  ...OF_HOSTS,
  ...OF_LEDGER,
};

/** By which each command finds its deployment. */
export const EVERY_COMMAND: Rights = { stack: ['DescribeStacks'] };

/** Commands that reach no deployment. */
export const LOCAL_COMMANDS = ['up', 'init', 'dev', 'start', 'host serve', 'rights'] as const;

/** One statement of a policy. */
export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

const heldOf = (rights: Rights): readonly (readonly [RightsOn, readonly string[]])[] =>
  Object.entries(rights) as [RightsOn, readonly string[]][];

/** The rights of a command as statements of an IAM policy, one for each thing that is held. */
export const statementsOf = (rights: Rights, stage: string): readonly Statement[] =>
  heldOf(rights).map(([name, actions]) => ({
    Effect: 'Allow',
    Action: actions.map((action) => `${HELD[name].service}:${action}`),
    Resource: HELD[name].arns(stage),
  }));

/** All rights of these commands together, those that find the deployment too. */
export const together = (names: readonly string[]): Rights => {
  const sum: Partial<Record<RightsOn, readonly string[]>> = {};
  for (const rights of [EVERY_COMMAND, ...names.map((name) => RIGHTS[name] ?? {})])
    for (const [held, actions] of heldOf(rights))
      sum[held] = [...new Set([...(sum[held] ?? []), ...actions])];
  return sum;
};
