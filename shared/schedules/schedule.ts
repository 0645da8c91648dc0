/** A recurring job as EventBridge Scheduler needs it, so that each tick becomes exactly one job. */

import * as v from 'valibot';
import type { Priority } from '#shared/contracts/queues.ts';
import { parseEnvelope } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { messageOf } from '#shared/jobs/envelope/message.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import type { OVERLAPS } from '#shared/jobs/envelope/schema.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import { asciiText, byteLength, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { ScheduleError } from './errors.ts';
import { nextFire } from './expression.ts';

/** What to do with a tick while the job of the tick before it has not ended. */
export type Overlap = (typeof OVERLAPS)[number];

/** A schedule as a person gives it. */
export interface ScheduleDraft {
  readonly name: string;
  readonly expression: string;
  readonly timezone: string;
  readonly overlap: Overlap;
  /** The envelope of every tick's job, as JSON text. */
  readonly body: string;
}

/** The message that the scheduler sends at each tick. */
export interface TickMessage {
  readonly kind: string;
  readonly priority: Priority;
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
}

/** A schedule as EventBridge Scheduler keeps it. */
export interface Schedule {
  readonly name: string;
  readonly expression: string;
  readonly timezone: string;
  readonly enabled: boolean;
  /** The input of the target: a `SendMessage` request of SQS, as JSON text. */
  readonly input: string;
}

/** EventBridge Scheduler replaces this by the tick's time, the same for each delivery of a tick. */
export const TICK_TIME = '<aws.scheduler.scheduled-time>';
const SAMPLE_TIME = '2026-01-01T00:00:00Z';

/** Fields that make sense for one job only, not for the job of every tick. */
const ONCE = ['id', 'idempotencyKey', 'runAt', 'deadline', 'schedule', 'chain', 'parentId'];

const refuse = (message: string, path = ''): ScheduleError =>
  new ScheduleError('ENVELOPE_INVALID', path === '' ? message : `${path}: ${message}`);

const fieldsOf = (body: string): Readonly<Record<string, Json>> => {
  const json = parseHostileJson(body);
  if (!json.ok) throw refuse(json.error.message);
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('a schedule sends one envelope, a JSON object');
  const once = ONCE.find((field) => field in value);
  if (once) throw refuse('belongs to one job, not to each tick of a schedule', once);
  return value as Readonly<Record<string, Json>>;
};

const checked = (body: string, kinds: Kinds) => {
  const parsed = parseEnvelope(body.replaceAll(TICK_TIME, SAMPLE_TIME), kinds);
  if (parsed.ok) return parsed.value;
  const { code, message }: EnvelopeIssue = parsed.error;
  throw code === 'TOO_LARGE' ? new ScheduleError('TOO_LARGE', message) : refuse(message);
};

/** SQS refuses a body with such a character, so every tick would fail. */
const REFUSED_BY_SQS = /[\ufffe\uffff]/;

/**
 * Escapes only where SQS needs them, because EventBridge Scheduler has little room for the input.
 */
const takeable = (envelope: object): string => {
  const json = JSON.stringify(envelope);
  return REFUSED_BY_SQS.test(json) ? asciiText(json) : json;
};

/**
 * The message of each tick. The job's id follows from the schedule and the tick, so that a tick
 * that is delivered twice is one job. Unless the envelope names others, all jobs of a schedule have
 * one group, so that they run one after another, and one mission, so that they are found together.
 * @param now ms since the epoch
 * @throws ScheduleError NAME_INVALID, EXPRESSION_INVALID, TIMEZONE_UNKNOWN, ENVELOPE_INVALID,
 * TOO_LARGE
 */
export const tickMessage = (draft: ScheduleDraft, kinds: Kinds, now: number): TickMessage => {
  const { name, expression, timezone, overlap } = draft;
  if (!/^[\w.-]+$/.test(name) || name.length > LIMITS.scheduleNameLengthMax)
    throw new ScheduleError(
      'NAME_INVALID',
      `"${name}": a name has 1 to ${LIMITS.scheduleNameLengthMax} letters, digits, ".", "_" and "-"`,
    );
  if (nextFire(expression, now, timezone) === undefined)
    throw new ScheduleError('EXPRESSION_INVALID', `${expression}: never comes again`);
  const key = `schedule:${name}`;
  const body = takeable({
    group: key,
    missionId: key,
    ...fieldsOf(draft.body),
    idempotencyKey: `${key}:${TICK_TIME}`,
    schedule: { name, at: TICK_TIME, overlap },
  });
  const { envelope } = checked(body, kinds);
  const { priority, group } = messageOf(envelope, body, '');
  const deduplicationId = `${key}:${TICK_TIME}`;
  return { kind: envelope.kind, priority, group, deduplicationId, body };
};

/**
 * The input of the scheduler's target: the request that sends the message to the queue.
 * @throws ScheduleError TOO_LARGE for more bytes than EventBridge Scheduler takes
 */
export const inputOf = (message: TickMessage, queueUrl: string): string => {
  const input = JSON.stringify({
    QueueUrl: queueUrl,
    MessageBody: message.body,
    MessageGroupId: message.group,
    MessageDeduplicationId: message.deduplicationId,
  });
  const bytes = byteLength(input);
  if (bytes <= LIMITS.scheduleInputBytesMax) return input;
  throw new ScheduleError(
    'TOO_LARGE',
    `a tick's message has ${bytes} bytes, EventBridge Scheduler takes ${LIMITS.scheduleInputBytesMax}`,
  );
};

const tickSchema = v.object({
  kind: v.string(),
  priority: v.optional(v.string(), 'normal'),
  schedule: v.object({ overlap: v.string() }),
});
const inputSchema = v.pipe(v.string(), v.parseJson(), v.object({ MessageBody: v.string() }));

/** What a schedule sends, for people; undefined when the mesh did not make the schedule. */
export const tickOf = (
  input: string,
): { readonly kind: string; readonly priority: string; readonly overlap: string } | undefined => {
  const parsed = v.safeParse(inputSchema, input);
  if (!parsed.success) return undefined;
  const tick = v.safeParse(
    v.pipe(v.string(), v.parseJson(), tickSchema),
    parsed.output.MessageBody,
  );
  if (!tick.success) return undefined;
  const { kind, priority, schedule } = tick.output;
  return { kind, priority, overlap: schedule.overlap };
};
