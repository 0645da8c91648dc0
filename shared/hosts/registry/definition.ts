/** Checks and compares host definitions, and names the outcomes of requests. */
import * as v from 'valibot';
import { createOutbound } from '#shared/kernel/addresses.ts';
import { canonicalJson } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { OutboundError } from '#shared/kernel/outboundUrl.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { reasonOf } from '#shared/kernel/schemaIssue.ts';
import type { Host, Overlay, ProbeSettings } from './host.ts';
import { hostSchema, type ParsedHost } from './schema.ts';

/** What a person defines of a host; the registry adds the rest. */
export type HostDefinition = Omit<Host, 'overlay' | 'shard' | 'number' | 'version' | 'createdAt'>;

export interface HostIssue {
  readonly code:
    | 'NOT_AN_OBJECT'
    | 'HOST_INVALID'
    | 'ENDPOINT_INVALID'
    | 'CAPABILITY_TWICE'
    | 'TAG_TWICE'
    | 'TIMEOUT_TOO_LONG'
    | 'DEGRADED_TOO_LATE'
    | 'BODY_OF_HEAD';
  /** The field as a dotted path; empty for the definition as a whole. */
  readonly path: string;
  readonly message: string;
}

const refuse = (code: HostIssue['code'], path: string, reason: string): Result<never, HostIssue> =>
  err({ code, path, message: path === '' ? reason : `${path}: ${reason}` });

/** Allows everything that a deployment may allow: no prober ever reaches what this refuses. */
const anyDeployment = createOutbound({ allow: ['0.0.0.0/0', '::/0'] });

const neverReached = (origin: string): string | undefined => {
  try {
    anyDeployment.check(origin);
    return undefined;
  } catch (error) {
    if (error instanceof OutboundError) return error.message;
    throw error;
  }
};

/** The URL that is kept: scheme, name and port. */
const originOf = (endpoint: string): Result<string, HostIssue> => {
  const bad = (reason: string) => refuse('ENDPOINT_INVALID', 'endpoint', reason);
  const url = URL.parse(endpoint);
  if (!url || !/^https?:$/.test(url.protocol))
    return bad('must be a URL that begins with http:// or https://');
  if (url.username !== '' || url.password !== '')
    return bad('must not carry credentials: everybody who may read the registry would see them');
  if (url.pathname !== '/')
    return bad(`must have no path; what is probed goes into probe.path ("${url.pathname}")`);
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(endpoint))
    return bad('must have no query and no fragment');
  const never = neverReached(url.origin);
  return never === undefined ? ok(url.origin) : bad(`can never be probed: ${never}`);
};

const twice = (values: readonly string[]): number =>
  values.findIndex((value, index) => values.indexOf(value) !== index);

const probeOf = (probe: ParsedHost['probe']): Result<ProbeSettings, HostIssue> => {
  const { body, expectStatus, intervalSeconds } = probe;
  const timeoutMax = Math.floor((intervalSeconds * 1_000) / LIMITS.probeTimeoutsPerInterval);
  const timeoutMs = probe.timeoutMs ?? Math.min(LIMITS.probeTimeoutMsDefault, timeoutMax);
  const degradedMs = probe.degradedMs ?? Math.min(LIMITS.probeDegradedMsDefault, timeoutMs);
  if (timeoutMs > timeoutMax)
    return refuse(
      'TIMEOUT_TOO_LONG',
      'probe.timeoutMs',
      `must be at most a third of the interval: ${timeoutMax} ms at ${intervalSeconds} s`,
    );
  if (degradedMs > timeoutMs)
    return refuse(
      'DEGRADED_TOO_LATE',
      'probe.degradedMs',
      `must not be after the timeout of ${timeoutMs} ms`,
    );
  if (body && probe.method === 'HEAD')
    return refuse('BODY_OF_HEAD', 'probe.body', 'an answer to HEAD has no body');
  return ok({
    path: probe.path,
    method: probe.method,
    expectStatus: expectStatus.map((each) => (typeof each === 'number' ? [each, each] : each)),
    ...(body && { body }),
    headers: probe.headers,
    timeoutMs,
    degradedMs,
    intervalSeconds,
  });
};

/** Checks a definition and adds the defaults. Every refusal names the field. */
export const checkHost = (value: unknown): Result<HostDefinition, HostIssue> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('NOT_AN_OBJECT', '', 'a host must be a JSON object');
  const parsed = v.safeParse(hostSchema, value);
  if (!parsed.success) {
    const [first] = parsed.issues;
    return refuse('HOST_INVALID', v.getDotPath(first) ?? '', reasonOf(first));
  }
  const { id, unit, concurrency, tags } = parsed.output;
  const endpoint = originOf(parsed.output.endpoint);
  if (!endpoint.ok) return endpoint;
  const probe = probeOf(parsed.output.probe);
  if (!probe.ok) return probe;
  const capabilities = parsed.output.capabilities.map(({ kind, price }) => ({
    kind,
    price: BigInt(price),
  }));
  const again = twice(capabilities.map(({ kind }) => kind));
  if (again >= 0)
    return refuse(
      'CAPABILITY_TWICE',
      `capabilities.${again}.kind`,
      `"${capabilities[again]?.kind}" is named twice; a kind has one price`,
    );
  const tag = twice(tags);
  if (tag >= 0) return refuse('TAG_TWICE', `tags.${tag}`, `"${tags[tag]}" is named twice`);
  return ok({
    // The order has no meaning: a host is the same in any order.
    capabilities: capabilities.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    tags: tags.toSorted(),
    id,
    endpoint: endpoint.value,
    unit,
    concurrency,
    probe: probe.value,
  });
};

const textOf = (value: unknown): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(value ?? null, (_key, each: unknown) =>
        typeof each === 'bigint' ? String(each) : each,
      ),
    ),
  );

const FIELDS = ['endpoint', 'capabilities', 'unit', 'concurrency', 'tags'] as const;
const PROBE_FIELDS = [
  ...(['path', 'method', 'expectStatus', 'body', 'headers'] as const),
  ...(['timeoutMs', 'degradedMs', 'intervalSeconds'] as const),
];

/** The first field that differs; undefined when the definitions are equal. */
export const differenceOf = (one: HostDefinition, other: HostDefinition): string | undefined => {
  const field = FIELDS.find((name) => textOf(one[name]) !== textOf(other[name]));
  if (field) return field;
  const ofProbe = PROBE_FIELDS.find(
    (name) => textOf(one.probe[name]) !== textOf(other.probe[name]),
  );
  return ofProbe && `probe.${ofProbe}`;
};

/** The outcome of a request; the same request again changes nothing. */
export interface HostOutcome {
  readonly id: string;
  readonly code:
    | 'created'
    | 'changed'
    /** Moved to a shard of the new interval. */
    | 'moved'
    | 'removed'
    /** Nothing to change. */
    | 'exists'
    | `exists_with_different_${string}`
    | 'not_found'
    /** Others kept changing the same hosts: try again. */
    | 'busy';
}

const DONE: ReadonlySet<string> = new Set(['created', 'changed', 'moved', 'removed', 'exists']);
/** Whether the request was fulfilled, now or before. */
export const isSettled = ({ code }: HostOutcome): boolean => DONE.has(code);

/** Whether two overlays are equal; undefined means none. */
export const isSameOverlay = (one: Overlay | undefined, other: Overlay | undefined): boolean =>
  textOf(one) === textOf(other);

const SHARD = /^(\d+)-(\d+)$/;

const shardName = (intervalSeconds: number, n: number): string => `${intervalSeconds}-${n}`;

/** Orders shards by interval, then by number. */
export const byShard = (a: string, b: string): number => {
  const [x, y] = [SHARD.exec(a), SHARD.exec(b)];
  return Number(x?.[1]) - Number(y?.[1]) || Number(x?.[2]) - Number(y?.[2]);
};

/** The first shard of the interval with space, and its free places. */
export const placeFor = (
  intervalSeconds: number,
  counts: ReadonlyMap<string, number>,
  hostsMax: number,
): { readonly shard: string; readonly room: number } => {
  for (let n = 0; ; n += 1) {
    const shard = shardName(intervalSeconds, n);
    const room = hostsMax - (counts.get(shard) ?? 0);
    if (room > 0) return { shard, room };
  }
};
