/** What a stage costs a month although nothing happens, from its template and the list prices. */
import { FUNCTIONS } from '#shared/contracts/functions.ts';
import {
  ALL_METRICS,
  EMITTED,
  KIND_METRICS,
  METRICS_ENV,
  USAGE_METRICS,
} from '#shared/contracts/metrics.ts';
import { USD } from './prices.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Resources of a template by their logical ids. */
export type Resources = Readonly<Record<string, Resource>>;

/** US$ a month each. */
export interface FixedCosts {
  readonly alarms: number;
  readonly dashboard: number;
  /** When every metric is emitted all month long, and jobs are of one kind. */
  readonly customMetrics: number;
  readonly secrets: number;
  /** Of mappings that ask empty queues. */
  readonly polling: number;
  /** Of the functions that run each minute. */
  readonly ticks: number;
}

export const HOURS_A_MONTH = 730;
const MINUTES_A_MONTH = HOURS_A_MONTH * 60;
/** Lambda asks an idle queue by five requests at once, each of which waits for 20 s. */
const POLLS_A_MINUTE = 15;
/** Send, receive, delete. */
const REQUESTS_A_MESSAGE = 3;
/** An assumption: a tick with nothing to do takes so long. */
export const TICK_SECONDS = 0.2;

const propertiesOf = (
  resources: Resources,
  type: string,
): readonly Readonly<Record<string, unknown>>[] =>
  Object.values(resources).flatMap(({ Type, Properties = {} }) =>
    Type === type ? [Properties] : [],
  );
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

/** An alarm on an expression is paid for each metric that the expression reads. */
const alarmMetrics = (resources: Resources): number =>
  propertiesOf(resources, 'AWS::CloudWatch::Alarm').reduce((sum, alarm) => {
    const read = list(alarm['Metrics']).filter((each) => field(each, 'MetricStat') !== undefined);
    return sum + Math.max(1, read.length);
  }, 0);

const customMetrics = (resources: Resources): number => {
  const functions = propertiesOf(resources, 'AWS::Lambda::Function');
  const emittedBy = (verb: string): readonly string[] => {
    const fn = functions.find((each) => String(each['FunctionName']).endsWith(`-${verb}`));
    const variables = field(field(fn, 'Environment'), 'Variables');
    return String(field(variables, METRICS_ENV.emitted) ?? '').split(',');
  };
  const counted = (names: readonly string[], emitted: readonly string[]): number =>
    emitted.includes(ALL_METRICS)
      ? names.length
      : names.filter((name) => emitted.includes(name)).length;
  const own = FUNCTIONS.map((verb) => counted(EMITTED[verb] ?? [], emittedBy(verb)));
  const worker = emittedBy('worker');
  const shared = [KIND_METRICS, Object.values(USAGE_METRICS)].map((all) => counted(all, worker));
  return [...own, ...shared].reduce((sum, each) => sum + each, 0);
};

const mappingsOfQueues = (resources: Resources) =>
  propertiesOf(resources, 'AWS::Lambda::EventSourceMapping').filter(
    (mapping) => mapping['StartingPosition'] === undefined,
  );

const refersTo = (value: unknown, id: string): boolean =>
  JSON.stringify(value ?? '').includes(`"${id}"`);

/** The function that a rule rings, by itself or by a queue. */
const rungBy = (target: unknown, resources: Resources) => {
  const arn = field(target, 'Arn');
  const mapping = mappingsOfQueues(resources).find(({ EventSourceArn }) =>
    Object.keys(resources).some((id) => refersTo(arn, id) && refersTo(EventSourceArn, id)),
  );
  const reference = mapping ? mapping['FunctionName'] : arn;
  const [, fn] =
    Object.entries(resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && refersTo(reference, id),
    ) ?? [];
  return { memoryMb: Number(fn?.Properties?.['MemorySize'] ?? 0), byQueue: mapping !== undefined };
};

const tickUsd = (target: unknown, resources: Resources): number => {
  const { memoryMb, byQueue } = rungBy(target, resources);
  const gigabyteSeconds = (memoryMb / 1_024) * TICK_SECONDS;
  const message = byQueue ? REQUESTS_A_MESSAGE * USD.queueRequest : 0;
  return USD.invocation + gigabyteSeconds * USD.gigabyteSecond + message;
};

/** List prices, without the free tier. */
export const fixedCosts = (resources: Resources): FixedCosts => {
  const count = (type: string): number => propertiesOf(resources, type).length;
  const polls = mappingsOfQueues(resources).length * POLLS_A_MINUTE * MINUTES_A_MONTH;
  const targets = propertiesOf(resources, 'AWS::Events::Rule')
    .filter((rule) => rule['ScheduleExpression'] !== undefined)
    .flatMap((rule) => list(rule['Targets']));
  return {
    alarms: alarmMetrics(resources) * USD.alarmMetric,
    dashboard: count('AWS::CloudWatch::Dashboard') * USD.dashboard,
    customMetrics: customMetrics(resources) * USD.customMetric,
    secrets: count('AWS::SecretsManager::Secret') * USD.secret,
    polling: polls * USD.queueRequest,
    ticks:
      targets.reduce<number>((sum, each) => sum + tickUsd(each, resources), 0) * MINUTES_A_MONTH,
  };
};

/** All of them together. */
export const sumOfCosts = (costs: FixedCosts): number =>
  Object.values(costs).reduce<number>((sum, each) => sum + Number(each), 0);
