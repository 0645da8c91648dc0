/**
 * The schema of a message body (DESIGN §4.1). The TypeScript type and
 * docs/schema/envelope.schema.json are both made from this schema.
 */
import * as v from 'valibot';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { NAME_PATTERN, NAME_RULE } from '#shared/kernel/names.ts';
import { readTime } from '#shared/kernel/time.ts';
import { retrySchema } from './retryPolicy.ts';

const label = (max: number) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(max), v.regex(NAME_PATTERN, NAME_RULE));

const UNIT = /^[A-Za-z0-9]{1,16}$/;

/** What to do with a tick while the job of the tick before it has not ended. */
export const OVERLAPS = ['skip', 'queue'] as const;

const ahead = v.pipe(v.number(), v.minValue(0), v.maxValue(LIMITS.horizonSecondsMax));
const INSTANT_RULE =
  'must be a time of RFC 3339 with its offset, such as 2027-01-31T08:00:00+01:00';
const instant = v.pipe(
  v.string(),
  v.isoTimestamp(INSTANT_RULE),
  v.check((text) => readTime(text) !== undefined, INSTANT_RULE),
);

/** An amount in minor units: a whole number, or text where a JSON number is not exact. */
const minorUnits = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER)),
  v.pipe(v.string(), v.regex(/^[1-9]\d{0,29}$/, 'must be a positive whole number of minor units')),
]);

const payer = label(LIMITS.labelLengthMax);
const unit = v.pipe(v.string(), v.regex(UNIT, 'must be 1 to 16 letters or digits'));
const holdName = label(LIMITS.ledgerIdBytesMax);

const costSchema = v.variant('from', [
  v.strictObject({
    from: v.optional(v.literal('payer')),
    payer,
    amount: minorUnits,
    /** Held beside the price, for jobs that this job calls or sends; the rest goes back. */
    budget: v.optional(minorUnits),
    unit: v.optional(unit),
    /** What to do when the payer cannot pay: give up, or try again until the payer can. */
    whenShort: v.optional(v.picklist(['fail', 'wait'])),
  }),
  v.strictObject({
    from: v.literal('parent'),
    amount: minorUnits,
    budget: v.optional(minorUnits),
    /** Set by the mesh: the hold of this job, the hold that it is taken from, and its end (ms). */
    draw: v.optional(
      v.strictObject({
        payer,
        unit,
        hold: holdName,
        of: holdName,
        until: v.pipe(v.number(), v.integer(), v.minValue(0)),
      }),
    ),
  }),
]);

/** A payload in the data bucket; its hash is its key there. */
const payloadRefSchema = v.strictObject({
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.payloadBytesMax)),
});

/** The version of the envelope that this release writes, and reads with every older one. */
export const ENVELOPE_VERSION = 1;

/** A whole envelope; unknown fields are refused. */
export const envelopeSchema = v.strictObject({
  /** The version of the envelope for which the sender was written; without it, any typo is refused at once. */
  v: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  id: v.optional(label(LIMITS.idLengthMax)),
  kind: label(LIMITS.kindLengthMax),
  payload: v.optional(v.unknown()),
  payloadRef: v.optional(payloadRefSchema),
  source: v.optional(label(LIMITS.labelLengthMax)),
  idempotencyKey: v.optional(label(LIMITS.labelLengthMax * 2)),
  group: v.optional(label(LIMITS.groupLengthMax)),
  priority: v.optional(v.picklist(PRIORITIES)),
  missionId: v.optional(label(LIMITS.labelLengthMax)),
  taskId: v.optional(label(LIMITS.labelLengthMax)),
  parentId: v.optional(label(LIMITS.idLengthMax)),
  correlationId: v.optional(label(LIMITS.labelLengthMax)),
  runAt: v.optional(instant),
  delaySeconds: v.optional(ahead),
  dependsOn: v.optional(
    v.pipe(v.array(label(LIMITS.idLengthMax)), v.maxLength(LIMITS.dependenciesMax)),
  ),
  onDependencyFailure: v.optional(v.picklist(['fail', 'run'])),
  deadline: v.optional(instant),
  deadlineSeconds: v.optional(ahead),
  onDead: v.optional(v.picklist(['continue', 'halt'])),
  callback: v.optional(
    v.strictObject({
      url: v.pipe(
        v.string(),
        v.maxLength(2_048),
        v.regex(/^https?:\/\//, 'must begin with http:// or https://'),
      ),
    }),
  ),
  /** Set by the mesh: how many jobs are above this job, each sent by the one before. */
  depth: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.treeDepthMax)),
  ),
  /** Set by the mesh: the chain of follow-up jobs that the job belongs to. */
  chain: v.optional(
    v.strictObject({
      id: label(LIMITS.idLengthMax),
      depth: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.chainDepthMax)),
      siblings: v.record(v.string(), label(LIMITS.idLengthMax)),
    }),
  ),
  /** Set by the mesh: the schedule that sent the job, and for which moment. */
  schedule: v.optional(
    v.strictObject({
      name: label(LIMITS.scheduleNameLengthMax),
      at: instant,
      overlap: v.picklist(OVERLAPS),
    }),
  ),
  timeoutSeconds: v.optional(
    v.pipe(v.number(), v.minValue(1), v.maxValue(LIMITS.timeoutSecondsMax)),
  ),
  retry: v.optional(retrySchema),
  cost: v.optional(costSchema),
});

/** A job as a sender writes it. docs/jobs.md describes each field. */
export type Envelope = v.InferOutput<typeof envelopeSchema>;

const hint = (max: number) => v.fallback(v.optional(label(max)), undefined);

/** The names in a refused body; a name that is missing or invalid is undefined. */
export const hintsSchema = v.object({
  id: hint(LIMITS.idLengthMax),
  kind: hint(LIMITS.kindLengthMax),
  source: hint(LIMITS.labelLengthMax),
  idempotencyKey: hint(LIMITS.labelLengthMax * 2),
  missionId: hint(LIMITS.labelLengthMax),
  taskId: hint(LIMITS.labelLengthMax),
});
