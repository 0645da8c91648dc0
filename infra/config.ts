/**
 * The stack's configuration: documented defaults, overridden per stage by CDK context
 * (`cdk.json` "stages", or `-c stage=prod -c leaseSeconds=30`). Bad values fail synthesis by name.
 */
import { LANES_DEFAULT } from '#shared/contracts/ledger.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';

export interface Config {
  /** Name of the deployment; part of every physical name. Lower case, up to 20 characters. */
  readonly stage: string;
  /** Keeps data on destroy, restores to a point in time, refuses deletion. Default: stage is `prod`. */
  readonly production: boolean;
  /** Concurrent worker invocations per queue, 2 to 1,000 (AWS's range). */
  readonly maxConcurrency: Readonly<Record<Priority, number>>;
  /** Worker memory in MB, 128 to 10,240. CPU grows with it. */
  readonly workerMemoryMb: number;
  /** How a new worker takes over: at once, or a tenth of the work first and back when it fails. */
  readonly workerDeployment: 'all-at-once' | 'canary';
  /** How long a worker may stay silent before its job is given to another one, in seconds. 6 to 600. */
  readonly leaseSeconds: number;
  /** How long unclaimed jobs are kept, in days, 1 to 13; dead-letter queues keep one day more. */
  readonly queueRetentionDays: number;
  /** Log retention in days; one of CloudWatch's values. */
  readonly logRetentionDays: number;
  /** How long results and bodies too large for the table are kept, in days. */
  readonly largeResultDays: number;
  /** For every source that has none of its own; absent fields are unlimited. */
  readonly sourceLimits: {
    /** Starts per minute, evenly spaced. */
    readonly perMinute?: number;
    /** How many of them may come at once. */
    readonly burst?: number;
    /** Attempts that may run at the same time. */
    readonly concurrency?: number;
  };
  /** Independent journals of the ledger, 1 to 64; fixed once there are accounts. */
  readonly ledgerLanes: number;
  /** Prober memory in MB, 128 to 10,240: 512 does for a thousand plain hosts, 1,024 for TLS. */
  readonly proberMemoryMb: number;
  /** Shards that are looked at at once, 2 to 1,000. */
  readonly proberConcurrency: number;
  /** URLs of servers that are up whenever the network is: they decide when most hosts fail at once. */
  readonly probeSentinels: readonly string[];
  /** Makes a topic that people can subscribe to for hosts that go up or down. */
  readonly hostEvents: boolean;
  /** Lets jobs and callbacks reach this machine itself; for a cloud that runs on it. */
  readonly allowLoopback: boolean;
  /** CIDRs that jobs may call although they are private; never metadata addresses. */
  readonly outboundAllow: readonly string[];
  /** Who is written to when an alarm goes off; empty for nobody. */
  readonly alarmEmail: string;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
}

const DEFAULTS = {
  stage: 'dev',
  maxConcurrency: { critical: 20, high: 20, normal: 10, low: 5 },
  workerMemoryMb: 512,
  workerDeployment: 'all-at-once',
  leaseSeconds: 60,
  queueRetentionDays: 7,
  logRetentionDays: 30,
  largeResultDays: 30,
  sourceLimits: {},
  ledgerLanes: LANES_DEFAULT,
  proberMemoryMb: 1_024,
  proberConcurrency: 120,
  probeSentinels: [],
  hostEvents: false,
  allowLoopback: false,
  outboundAllow: [],
  alarmEmail: '',
} as const satisfies Omit<Config, 'production'>;

/** CloudWatch Logs accepts these and no others (RetentionInDays). */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653];
const CIDR = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}|[0-9a-f:]+\/\d{1,3})$/i;

type Context = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => string | undefined;

/** Values given by `-c key=value` are always strings. */
const unquoted = (value: unknown): unknown =>
  typeof value === 'string' && /^(?:\d+|true|false|[[{].*)$/s.test(value)
    ? JSON.parse(value)
    : value;

const whole =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;

const matches =
  (pattern: RegExp, what: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `must be ${what}`;

const concurrency: Check = (value) => {
  if (typeof value !== 'object' || value === null) return 'must be an object of priorities';
  const given = value as Context;
  const stranger = Object.keys(given).find((key) => !PRIORITIES.some((name) => name === key));
  if (stranger !== undefined) return `has the unknown priority "${stranger}"`;
  const wrong = PRIORITIES.find((name) => whole(2, 1_000)(given[name]) !== undefined);
  return wrong === undefined ? undefined : `${wrong} must be a whole number from 2 to 1000`;
};

const cidrs: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && CIDR.test(item))
    ? undefined
    : 'must be a list of CIDRs such as "10.1.0.0/16"';

const sourceLimits: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object of limits';
  const wrong = Object.entries(value).find(
    ([name, limit]) =>
      !['perMinute', 'burst', 'concurrency'].includes(name) || whole(1, 1_000_000)(limit),
  );
  return wrong && `${wrong[0]} must be perMinute, burst or concurrency, and a positive number`;
};

const CHECKS: Readonly<Record<keyof Config, Check>> = {
  stage: matches(/^[a-z][a-z0-9-]{0,19}$/, 'a lower-case name of up to 20 characters'),
  production: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  maxConcurrency: concurrency,
  workerMemoryMb: whole(128, 10_240),
  workerDeployment: matches(/^(?:all-at-once|canary)$/, '"all-at-once" or "canary"'),
  leaseSeconds: whole(6, 600),
  queueRetentionDays: whole(1, 13),
  logRetentionDays: (value) =>
    LOG_DAYS.includes(Number(value)) ? undefined : `must be one of ${LOG_DAYS.join(', ')}`,
  largeResultDays: whole(1, 3_650),
  sourceLimits,
  ledgerLanes: whole(1, 64),
  proberMemoryMb: whole(128, 10_240),
  proberConcurrency: whole(2, 1_000),
  probeSentinels: (value) =>
    Array.isArray(value) && value.every((url) => /^https?:\/\/[^,\s]+$/.test(String(url)))
      ? undefined
      : 'must be a list of URLs',
  hostEvents: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  allowLoopback: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  outboundAllow: cidrs,
  alarmEmail: matches(/^(?:[^\s@]+@[^\s@]+)?$/, 'an address, or empty'),
};

const isObject = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merged = (stage: unknown, overrides: Context): Context => {
  const flat = { ...DEFAULTS, production: stage === 'prod', ...overrides, stage };
  const priorities = isObject(overrides['maxConcurrency'])
    ? overrides['maxConcurrency']
    : undefined;
  const given = overrides['maxConcurrency'] !== undefined && priorities === undefined;
  const maxConcurrency = given
    ? overrides['maxConcurrency']
    : { ...DEFAULTS.maxConcurrency, ...priorities };
  return { ...flat, maxConcurrency };
};

/**
 * @param read gives the value of a context key, as `node.tryGetContext` does
 * @throws ConfigError naming every bad key
 */
export const loadConfig = (read: (key: string) => unknown): Config => {
  const stage = read('stage') ?? DEFAULTS.stage;
  const stages = read('stages') ?? {};
  const ofStage = isObject(stages) ? (stages[String(stage)] ?? {}) : undefined;
  if (!isObject(ofStage)) throw new ConfigError(`stages.${String(stage)} must be an object`);
  const strangers = Object.keys(ofStage).filter((key) => !(key in CHECKS) || key === 'stage');
  const direct = Object.keys(CHECKS).flatMap((key) => {
    const value = unquoted(read(key));
    return value === undefined ? [] : [[key, value] as const];
  });
  const config = merged(stage, { ...ofStage, ...Object.fromEntries(direct) });
  const faults = [
    ...strangers.map((key) => `stages.${String(stage)}.${key} is not a setting`),
    ...Object.entries(CHECKS).flatMap(([key, check]) => {
      const fault = check(config[key]);
      return fault === undefined ? [] : [`${key} ${fault}, got ${JSON.stringify(config[key])}`];
    }),
  ];
  if (faults.length > 0) throw new ConfigError(`Configuration: ${faults.join('; ')}`);
  return config as unknown as Config;
};

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** What the functions may call although it is private. */
export const outboundOf = ({ allowLoopback, outboundAllow }: Config): readonly string[] =>
  allowLoopback ? [...LOOPBACK, ...outboundAllow] : outboundAllow;
