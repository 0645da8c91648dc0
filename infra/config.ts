/**
 * The stack's configuration: documented defaults, overridden per stage by CDK context
 * (`cdk.json` "stages", or `-c stage=prod -c leaseSeconds=30`). Bad values fail synthesis by name.
 */
import * as v from 'valibot';
import { OPTIONAL_FUNCTIONS } from '#shared/contracts/functions.ts';
import { LANES_DEFAULT } from '#shared/contracts/ledger.ts';
import { LEASE_SECONDS_MAX, SOURCE_CONCURRENCY_MAX } from '#shared/contracts/worker.ts';
import { ACCOUNTS, CONCURRENCY, priorities } from './concurrency.ts';
import { MONITORING } from './monitoring/level.ts';
import { cidrs, faultsOfReach, vpc } from './network.ts';
import { faultsOfPools, poolSettings } from './pools.ts';
import { flag, listOf, matching, wholeBetween, wordOf } from './rules.ts';

/** The only values that CloudWatch Logs accepts (RetentionInDays). */
const LOG_DAYS = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 3_653],
] as const;
const MEMORY = [128, 10_240] as const;

const LIMIT = wholeBetween(1, 1_000_000);
const sourceLimits = v.pipe(
  v.strictObject(
    {
      /** Starts per minute, evenly spaced. */
      perMinute: v.exactOptional(LIMIT),
      /** Starts that may come at once. */
      burst: v.exactOptional(LIMIT),
      /** Attempts that may run at the same time, 1 to 10,000. */
      concurrency: v.exactOptional(wholeBetween(1, SOURCE_CONCURRENCY_MAX)),
    },
    'must be an object of perMinute, burst and concurrency',
  ),
  v.readonly(),
);

const SETTINGS = {
  /** Name of the deployment; part of every physical name. Lower case, up to 20 characters. */
  stage: v.optional(
    matching(/^[a-z][a-z0-9-]{0,19}$/, 'a lower-case name of up to 20 characters'),
    'dev',
  ),
  /** Keeps data on destroy, restores to a point in time, refuses deletion. Default: stage is `prod`. */
  production: flag(false),
  /**
   * The account's quota of concurrent executions (Lambda): `small` for 10 to 100, everything at the
   * least that AWS allows; `large` for 112 and more, of which the timekeeper, the settler and the
   * functions with URLs have their own. `any` reserves none, so that it can be deployed anywhere.
   */
  account: v.optional(wordOf(...ACCOUNTS), 'any'),
  /**
   * Concurrent worker invocations per queue, 2 to 1,000 (AWS's range). Default: critical 20, high
   * 20, normal 10, low 5; in a small account 2 each.
   */
  maxConcurrency: v.optional(priorities, {}),
  /**
   * Kinds that have a function of their own, behind queues of their own, by the name of the pool:
   * up to 16 lower-case letters and digits. A kind is in one pool at most. Default: none.
   */
  pools: v.optional(poolSettings, {}),
  /** Worker memory in MB, 128 to 10,240. CPU grows with it. */
  workerMemoryMb: v.optional(wholeBetween(...MEMORY), 512),
  /**
   * How a new worker takes over: at once, or first for a tenth of the work. The tenth goes back to
   * the old worker when the new worker fails.
   */
  workerDeployment: v.optional(wordOf('all-at-once', 'canary'), 'all-at-once'),
  /** Seconds that a worker may be silent before another worker gets its job, 6 to 600. */
  leaseSeconds: v.optional(wholeBetween(6, LEASE_SECONDS_MAX), 60),
  /**
   * Seconds that a job of an unknown kind waits for a worker that knows the kind, before the job is
   * quarantined, 0 to 21,600. Longer than a canary takes; 0 on a machine of one's own.
   */
  unknownKindGraceSeconds: v.optional(wholeBetween(0, 21_600), 900),
  /** Days that unclaimed jobs are kept, 1 to 13. Dead-letter queues keep them one day longer. */
  queueRetentionDays: v.optional(wholeBetween(1, 13), 7),
  /** Log retention in days; one of CloudWatch's values. */
  logRetentionDays: v.optional(v.picklist(LOG_DAYS, `must be one of ${LOG_DAYS.join(', ')}`), 30),
  /** Days that results and bodies are kept that are too large for the table. */
  largeResultDays: v.optional(wholeBetween(1, 3_650), 30),
  /** Limits of every source without limits of its own. An absent field means no limit. */
  sourceLimits: v.optional(sourceLimits, {}),
  /** Independent journals of the ledger, 1 to 64. Must not change once there are accounts. */
  ledgerLanes: v.optional(wholeBetween(1, 64), LANES_DEFAULT),
  /** Prober memory in MB, 128 to 10,240. A thousand hosts need 512 without TLS, 1,024 with TLS. */
  proberMemoryMb: v.optional(wholeBetween(...MEMORY), 1_024),
  /** Shards that are probed at the same time, 2 to 1,000. Default: 120, in a small account 2. */
  proberConcurrency: v.exactOptional(CONCURRENCY),
  /**
   * URLs of servers that answer whenever the network works. They decide when most hosts fail at
   * once: the hosts, or the prober's network.
   */
  probeSentinels: v.optional(
    v.pipe(listOf(/^https?:\/\/[^,\s]+$/, 'a URL', 'https://example.com/up'), v.readonly()),
    [],
  ),
  /** Makes a topic for people, with the hosts that go up or down. */
  hostEvents: flag(false),
  /**
   * Lets jobs make URLs by which anybody who has one sends one signal. Adds a function with a public
   * URL, and a secret.
   */
  signalUrls: flag(false),
  /** Makes an HTTP interface, which asks for signed requests: POST /jobs, GET /jobs/ID. */
  http: flag(false),
  /** Lets jobs and callbacks reach this machine. For an embedded cloud only. */
  allowLoopback: flag(false),
  /**
   * CIDRs that jobs, probes and callbacks may reach although they are private; never metadata
   * addresses. Private ranges need `vpc`.
   */
  outboundAllow: v.optional(cidrs, []),
  /** Network of the functions that call out: worker, prober, reporter. Default: none. */
  vpc: v.exactOptional(vpc),
  /**
   * Alarms, dashboard and custom metrics: `full` has all; `basic` ten alarms, most of it within the
   * free tier of CloudWatch; `none` nothing. Default: `full` in production, else `basic`. Costs:
   * docs/costs.md.
   */
  monitoring: v.optional(wordOf(...MONITORING), 'basic'),
  /** Mail address for alarms; empty for none. */
  alarmEmail: v.optional(matching(/^(?:[^\s@]+@[^\s@]+)?$/, 'an address, or empty'), ''),
};

const settings = v.object(SETTINGS);

/** A checked configuration: every setting, with its default where none was given. */
export type Config = Readonly<v.InferOutput<typeof settings>>;

/** Thrown for a bad configuration; the message names each bad setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Always CONFIG_INVALID. */
  readonly code = 'CONFIG_INVALID';
}

type Context = Readonly<Record<string, unknown>>;

/** The CDK gives values of `-c key=value` as strings. */
const unquoted = (value: unknown): unknown =>
  typeof value === 'string' && /^(?:\d+|true|false|[[{].*)$/s.test(value)
    ? JSON.parse(value)
    : value;

const isObject = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const faultOf = (issue: v.BaseIssue<unknown>): string => {
  const path = v.getDotPath(issue) ?? '';
  return `${path} ${issue.message}, got ${JSON.stringify(issue.input)}`;
};

/** The settings that a program gives; others have their documented defaults. */
export type Settings = Partial<v.InferInput<typeof settings>>;

/** Faults of settings that are each valid but do not fit together. */
const faultsOfMail = ({ monitoring, alarmEmail }: Config): readonly string[] =>
  monitoring === 'none' && alarmEmail !== ''
    ? ['alarmEmail needs alarms: set monitoring to "basic" or "full"']
    : [];

/**
 * Checks settings and adds the defaults.
 *
 * @param given settings by name; default of `production`: whether the stage is `prod`, and of
 * `monitoring`: whether it is a production stage
 * @throws ConfigError with every bad or unknown setting
 */
export const configOf = (given: Settings): Config => {
  const strangers = Object.keys(given).filter((key) => !(key in SETTINGS));
  const production = given.production ?? given.stage === 'prod';
  const monitoring = production === true ? 'full' : 'basic';
  const parsed = v.safeParse(settings, { monitoring, ...given, production });
  const faults = [
    ...strangers.map((key) => `${key} is not a setting`),
    ...(parsed.issues ?? []).map(faultOf),
    ...(parsed.success ? faultsOfReach(parsed.output) : []),
    ...(parsed.success ? faultsOfMail(parsed.output) : []),
    ...(parsed.success ? faultsOfPools(parsed.output) : []),
  ];
  if (!parsed.success || faults.length > 0)
    throw new ConfigError(`Configuration: ${faults.join('; ')}`);
  return parsed.output;
};

/**
 * The configuration of a stage from the CDK's context.
 *
 * @param read gives the value of a context key, as `node.tryGetContext` does
 * @throws ConfigError with every bad key
 */
export const loadConfig = (read: (key: string) => unknown): Config => {
  const stage = read('stage') ?? 'dev';
  const stages = read('stages') ?? {};
  const ofStage = isObject(stages) ? (stages[String(stage)] ?? {}) : undefined;
  if (!isObject(ofStage)) throw new ConfigError(`stages.${String(stage)} must be an object`);
  const strangers = Object.keys(ofStage).filter((key) => !(key in SETTINGS) || key === 'stage');
  const direct = Object.keys(SETTINGS).flatMap((key) => {
    const value = unquoted(read(key));
    return value === undefined ? [] : [[key, value] as const];
  });
  if (strangers.length > 0) {
    const named = strangers.map((key) => `stages.${String(stage)}.${key} is not a setting`);
    throw new ConfigError(`Configuration: ${named.join('; ')}`);
  }
  return configOf({ ...ofStage, ...Object.fromEntries(direct), stage } as Settings);
};

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** The CIDRs that the functions may call although these are private. */
export const outboundOf = ({ allowLoopback, outboundAllow }: Config): readonly string[] =>
  allowLoopback ? [...LOOPBACK, ...outboundAllow] : outboundAllow;

/** The setting that asks for each of them. */
const ASKED_BY = { signals: 'signalUrls', api: 'http' } as const satisfies Readonly<
  Record<(typeof OPTIONAL_FUNCTIONS)[number], keyof Config>
>;

/** Functions that only some settings ask for. */
export const optionalFunctions = (config: Config): readonly string[] =>
  OPTIONAL_FUNCTIONS.filter((name) => config[ASKED_BY[name]]);
