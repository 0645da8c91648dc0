/** The schema of a host definition. */
import * as v from 'valibot';
import { PROBE_INTERVALS } from '#shared/contracts/hosts.ts';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { NAME_PATTERN, NAME_RULE } from '#shared/kernel/names.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that the probe sets itself, or that could split its request. */
const OWN_HEADERS = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer'],
  ...['keep-alive', 'expect', 'proxy-connection'],
]);

const label = (max: number) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(max), v.regex(NAME_PATTERN, NAME_RULE));

const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** Minor units: a whole number, as text when it is too large for JSON. */
const PRICE = 'must be a whole number of minor units, 0 for free';
const price = v.union(
  [
    v.pipe(
      v.number(),
      v.integer(PRICE),
      v.minValue(0, PRICE),
      v.maxValue(Number.MAX_SAFE_INTEGER, `${PRICE}; as text when it is that large`),
    ),
    v.pipe(v.string(), v.regex(/^(?:0|[1-9]\d{0,29})$/, PRICE)),
  ],
  PRICE,
);

const capability = v.strictObject({
  kind: label(LIMITS.kindLengthMax),
  price: v.optional(price, 0),
});

const STATUS = 'must be a status between 100 and 599, or a pair of them: [200, 299]';
const status = v.pipe(
  v.number(STATUS),
  v.integer(STATUS),
  v.minValue(100, STATUS),
  v.maxValue(599, STATUS),
);
const statuses = v.union(
  [
    status,
    v.pipe(
      v.strictTuple([status, status]),
      v.check(([from, to]) => from <= to, STATUS),
    ),
  ],
  STATUS,
);

const bodyRule = v.variant(
  'kind',
  [
    v.strictObject({
      kind: v.literal('json'),
      pointer: v.pipe(
        v.string(),
        v.maxLength(LIMITS.probeBodyTextMax),
        v.regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'must be a JSON pointer, such as /status'),
      ),
      equals: v.union([
        v.pipe(v.string(), v.maxLength(LIMITS.probeBodyTextMax)),
        v.number(),
        v.boolean(),
      ]),
    }),
    v.strictObject({ kind: v.literal('contains'), text: label(LIMITS.probeBodyTextMax) }),
  ],
  'must be {"kind":"json","pointer":…,"equals":…} or {"kind":"contains","text":…}',
);

const headers = v.pipe(
  v.record(
    v.pipe(
      v.string(),
      v.regex(TOKEN, 'is no name of a header'),
      v.check((name) => !OWN_HEADERS.has(name.toLowerCase()), 'is set by the probe itself'),
    ),
    v.pipe(
      v.string(),
      v.maxLength(LIMITS.probeHeaderLengthMax),
      v.regex(/^[\t\u0020-\u007e]*$/, 'must be printable ASCII'),
    ),
  ),
  v.maxEntries(LIMITS.probeHeadersMax),
);

const probe = v.strictObject({
  path: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(LIMITS.probePathLengthMax),
      v.regex(/^\/[!-"$-~]*$/, 'must begin with / and have no spaces and no #'),
    ),
    '/health',
  ),
  method: v.optional(v.picklist(['GET', 'HEAD']), 'GET'),
  expectStatus: v.optional(
    v.pipe(v.array(statuses), v.minLength(1), v.maxLength(LIMITS.probeStatusesMax)),
    [[200, 299]],
  ),
  body: v.optional(bodyRule),
  headers: v.optional(headers, {}),
  timeoutMs: v.optional(whole(LIMITS.probeTimeoutMsMin, 60_000)),
  degradedMs: v.optional(whole(1, 60_000)),
  intervalSeconds: v.optional(
    v.picklist(PROBE_INTERVALS, `must be one of ${PROBE_INTERVALS.join(', ')}`),
    LIMITS.probeIntervalSecondsDefault,
  ),
});

export const hostSchema = v.strictObject({
  id: v.pipe(
    v.string(),
    v.maxLength(LIMITS.hostIdLengthMax),
    v.regex(ID, 'must be letters, digits, ".", "_" and "-", and begin with a letter or digit'),
  ),
  endpoint: v.pipe(v.string(), v.maxLength(LIMITS.hostEndpointLengthMax)),
  capabilities: v.pipe(
    v.array(capability),
    v.minLength(1, 'must name at least one kind'),
    v.maxLength(LIMITS.hostCapabilitiesMax),
  ),
  unit: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{1,16}$/, 'must be 1 to 16 letters or digits')),
    UNIT_DEFAULT,
  ),
  concurrency: v.optional(whole(1, LIMITS.hostConcurrencyMax), LIMITS.hostConcurrencyDefault),
  tags: v.optional(
    v.pipe(v.array(label(LIMITS.hostTagLengthMax)), v.maxLength(LIMITS.hostTagsMax)),
    [],
  ),
  probe: v.optional(probe, {}),
});

export type ParsedHost = v.InferOutput<typeof hostSchema>;
