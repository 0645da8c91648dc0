/**
 * The part of EventBridge Scheduler that schedules to queues need: the REST API, and ticks that
 * send to SQS.
 */
import type { IncomingMessage } from 'node:http';
import {
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { isRate, nextFire } from '#shared/schedules/expression.ts';
import { type KeptFile, notKept } from '../data/kept.ts';
import { object } from '../template/properties.ts';
import type { ServiceRequest } from '../template/resourcePolicies.ts';
import type { Source } from '../triggers/sqsSource.ts';
import { startTicker } from '../triggers/ticker.ts';
import {
  type Fields,
  invalid,
  refusal,
  type Service,
  type ServiceAnswer,
  serve,
} from './service.ts';

export interface SchedulerOptions {
  readonly sqs: SQSClient;
  readonly region: string;
  readonly accountId: string;
  /** Schedule groups of the template. */
  readonly groups: readonly string[];
  /** Schedules of an earlier process. A change is written before the request is answered. */
  readonly kept?: KeptFile<ScheduleBook>;
  /** Whether the role of a schedule lets the scheduler send. */
  readonly isAllowed: (request: ServiceRequest) => boolean;
  readonly onFault: (text: string) => void;
}

interface Written {
  readonly fields: Fields;
  /** ms since the epoch. */
  readonly madeAt: number;
  /** ms since the epoch of the next tick; undefined when there is none. */
  readonly due?: number | undefined;
}

/** Schedules by `group/name`. */
export type ScheduleBook = Readonly<Record<string, Written>>;

interface Entry extends Written {
  readonly ticker: Source | undefined;
}

const TARGET = 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage';

const missing = (what: string): ServiceAnswer =>
  refusal(404, 'ResourceNotFoundException', `${what} does not exist.`);

const inSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

const filled = (input: string, key: string, arn: string, at: number): SendMessageCommandInput => {
  const context = {
    '<aws.scheduler.schedule-arn>': arn,
    '<aws.scheduler.scheduled-time>': inSeconds(at),
    '<aws.scheduler.execution-id>': `${key}-${at}`,
    '<aws.scheduler.attempt-number>': '1',
  };
  const text = Object.entries(context).reduce(
    (sofar, [keyword, value]) => sofar.replaceAll(keyword, value),
    input,
  );
  return JSON.parse(text) as SendMessageCommandInput;
};

/** What the scheduler asks for with the role of a schedule, in the name of the schedule's group. */
const requestOf = (
  { QueueUrl = '' }: SendMessageCommandInput,
  key: string,
  target: Fields,
  { region, accountId }: Pick<SchedulerOptions, 'region' | 'accountId'>,
): ServiceRequest => ({
  service: 'scheduler.amazonaws.com',
  action: 'sqs:SendMessage',
  resourceArn: `arn:aws:sqs:${region}:${accountId}:${QueueUrl.split('/').at(-1)}`,
  sourceArn: `arn:aws:scheduler:${region}:${accountId}:schedule-group/${key.split('/')[0]}`,
  roleArn: String(target['RoleArn']),
});

/** The schedules, each with a running timer. */
const createBook = (options: SchedulerOptions) => {
  const { sqs, region, accountId, isAllowed, onFault, kept = notKept<ScheduleBook>() } = options;
  /** Schedules by `group/name`. */
  const entries = new Map<string, Entry>();
  const arnOf = (key: string): string => `arn:aws:scheduler:${region}:${accountId}:schedule/${key}`;

  const keep = (): void =>
    kept.write(
      Object.fromEntries(
        [...entries].map(([key, { fields, madeAt, due }]) => [key, { fields, madeAt, due }]),
      ),
    );

  const fire = async (key: string, target: Fields, at: number): Promise<void> => {
    const message = filled(String(target['Input']), key, arnOf(key), at);
    const request = requestOf(message, key, target, { region, accountId });
    if (!isAllowed(request))
      return onFault(
        `AccessDenied: schedule ${key}: ${request.roleArn} does not let scheduler.amazonaws.com sqs:SendMessage to ${request.resourceArn}; the tick is lost, on AWS it goes to the schedule's dead-letter queue`,
      );
    try {
      await sqs.send(new SendMessageCommand(message));
    } catch (error) {
      onFault(`schedule ${key}: ${String(error)}`);
    }
  };

  /**
   * Starts a schedule's timer.
   *
   * @param due next tick of a kept schedule. A time that has passed fires once, now.
   */
  const start = (key: string, fields: Fields, madeAt: number, due?: number): void => {
    const expression = String(fields['ScheduleExpression']);
    const timezone = String(fields['ScheduleExpressionTimezone'] ?? 'UTC');
    const target = object(fields['Target']);
    const began = Date.now();
    const next = (after: number) => nextFire(expression, Math.max(after, began), timezone);
    // A rate fires first at its creation.
    const first = due ?? (isRate(expression) ? began : next(began));
    void entries.get(key)?.ticker?.stop();
    const isOn = fields['State'] !== 'DISABLED';
    const tick = async (at: number): Promise<void> => {
      await fire(key, target, at);
      const entry = entries.get(key);
      if (!entry || entry.ticker !== ticker) return;
      entries.set(key, { ...entry, due: next(at) });
      keep();
    };
    const ticker = isOn ? startTicker(first, next, (at) => void tick(at)) : undefined;
    entries.set(key, { fields, madeAt, due: isOn ? first : undefined, ticker });
  };
  for (const [key, { fields, madeAt, due }] of Object.entries(kept.read() ?? {}))
    start(key, fields, madeAt, due);

  return {
    get: (key: string): Entry | undefined => entries.get(key),
    put: (key: string, fields: Fields): ServiceAnswer => {
      if (object(fields['Target'])['Arn'] !== TARGET)
        return invalid(`Here, only the target ${TARGET} is supported.`);
      const existing = entries.get(key);
      try {
        start(key, fields, existing?.madeAt ?? Date.now());
        keep();
        return { status: 200, body: { ScheduleArn: arnOf(key) } };
      } catch (error) {
        return invalid(error instanceof Error ? error.message : String(error));
      }
    },
    shown: (key: string, { fields, madeAt }: Entry): object => ({
      ...fields,
      Arn: arnOf(key),
      CreationDate: madeAt / 1_000,
    }),
    of: (group: string): readonly (readonly [string, Entry])[] =>
      [...entries].filter(([key]) => key.startsWith(`${group}/`)),
    remove: (key: string): void => {
      void entries.get(key)?.ticker?.stop();
      entries.delete(key);
      keep();
    },
    stop: (): void => {
      for (const { ticker } of entries.values()) void ticker?.stop();
    },
  };
};

type Book = ReturnType<typeof createBook>;

const carryOut = (method: string, key: string, fields: Fields, book: Book): ServiceAnswer => {
  const existing = book.get(key);
  if (method === 'POST')
    return existing
      ? refusal(409, 'ConflictException', `Schedule ${key} already exists.`)
      : book.put(key, fields);
  if (!existing) return missing(`Schedule ${key}`);
  if (method === 'PUT') return book.put(key, fields);
  if (method === 'DELETE') book.remove(key);
  return { status: 200, body: method === 'GET' ? book.shown(key, existing) : {} };
};

const handle = (
  request: IncomingMessage,
  fields: Fields,
  groups: readonly string[],
  book: Book,
): ServiceAnswer => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://scheduler');
  const [, collection, encoded] = pathname.split('/');
  if (collection !== 'schedules') return missing(pathname);
  const given = fields['GroupName'] ?? searchParams.get('groupName');
  const group = String(given ?? searchParams.get('ScheduleGroup') ?? 'default');
  if (!groups.includes(group)) return missing(`Schedule group ${group}`);
  if (!encoded) {
    const Schedules = book.of(group).map(([key, entry]) => book.shown(key, entry));
    return { status: 200, body: { Schedules } };
  }
  const Name = decodeURIComponent(encoded);
  const named = { ...fields, Name, GroupName: group };
  return carryOut(request.method ?? '', `${group}/${Name}`, named, book);
};

/**
 * Serves schedules on loopback and fires them until stopped. Their only possible target is
 * SendMessage of SQS.
 */
export const startScheduler = async (options: SchedulerOptions): Promise<Service> => {
  const book = createBook(options);
  const { endpoint, stop } = await serve((request, fields) =>
    handle(request, fields, options.groups, book),
  );
  return {
    endpoint,
    stop: async () => {
      book.stop();
      await stop();
    },
  };
};
