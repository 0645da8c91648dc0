/** The original system's workers.json as host definitions, and what cannot be taken over. */

import { checkHost, type HostDefinition } from '#shared/hosts/registry/definition.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { DIGITS } from './ledger/divergence.ts';
import { type Exact, type ExactObject, Lexeme, parseExact, scaled } from './ledger/exact.ts';
import { LEGACY_UNIT } from './ledger/import.ts';

/** The original system gave a worker at most three jobs at once. */
const INFLIGHT_MAX = 3;
const HEALTH = '/health';

interface Refused {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** The hosts of a workers.json. */
export interface LegacyHosts {
  readonly hosts: readonly HostDefinition[];
  readonly refused: readonly Refused[];
  /** What a host that was taken over loses. */
  readonly notes: readonly { readonly id: string; readonly message: string }[];
}

interface Options {
  /** Whether a name means the machine that uses the name: others would reach another machine. */
  readonly isOwnAddress: (hostname: string) => boolean;
}

const isObject = (value: Exact | undefined): value is ExactObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Lexeme);

const scalar = (value: Exact): string | undefined => {
  if (value instanceof Lexeme) return value.text;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
};

const isTag = (text: string): boolean => text !== '' && text.length <= LIMITS.hostTagLengthMax;

interface Kept {
  readonly tags: readonly string[];
  readonly lost: readonly string[];
}

/** Keeps `tags` as they are and other single words as `key=value`; all other values are lost. */
const tagsOf = (meta: Exact | undefined): Kept => {
  const tags = new Set<string>();
  const lost: string[] = [];
  for (const [key, value] of Object.entries(isObject(meta) ? meta : {})) {
    const words =
      key === 'tags' && Array.isArray(value)
        ? (value as readonly Exact[]).map(scalar)
        : [scalar(value)].map((word) => word && `${key}=${word}`);
    if (words.every((word) => word !== undefined && isTag(word)))
      for (const word of words) tags.add(word as string);
    else lost.push(`meta.${key}`);
  }
  return { tags: [...tags], lost };
};

/**
 * Capabilities with prices: a cost in credits becomes a price in minor units, by its exact digits.
 */
const capabilitiesOf = (value: Exact | undefined): unknown =>
  Array.isArray(value)
    ? (value as readonly Exact[]).map((each) => {
        if (!isObject(each)) return each;
        const { kind, cost } = each;
        return {
          ...(kind !== undefined && { kind }),
          price: cost instanceof Lexeme ? String(scaled(cost.text, DIGITS)) : (cost ?? 0),
        };
      })
    : value;

/** Endpoint and probe path. The original system probed the endpoint with /health appended. */
const addressOf = (text: string): { readonly endpoint: string; readonly path: string } => {
  const url = URL.parse(text);
  if (!url) return { endpoint: text, path: HEALTH };
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = '/';
  return { endpoint: url.href, path: path.endsWith(HEALTH) ? path : `${path}${HEALTH}` };
};

const hostOf = (
  id: string,
  worker: Exact,
  { isOwnAddress }: Options,
): Result<HostDefinition & { readonly lost: readonly string[] }, Refused> => {
  const refuse = (code: string, message: string) => err({ id, code, message });
  if (!isObject(worker)) return refuse('NOT_AN_OBJECT', 'the record is no object');
  const { endpoint, capabilities, meta } = worker;
  if (typeof endpoint !== 'string')
    return refuse('NO_ENDPOINT', 'endpoint: it had none, so nobody but the original could call it');
  const hostname = URL.parse(endpoint)?.hostname ?? '';
  if (isOwnAddress(hostname))
    return refuse(
      'OWN_ADDRESS',
      `endpoint: ${hostname} is the machine of whoever calls it; add it under a name that all reach`,
    );
  const { tags, lost } = tagsOf(meta);
  const address = addressOf(endpoint);
  const checked = checkHost({
    id,
    endpoint: address.endpoint,
    capabilities: capabilitiesOf(capabilities),
    unit: LEGACY_UNIT,
    concurrency: INFLIGHT_MAX,
    tags,
    probe: { path: address.path },
  });
  if (!checked.ok) return refuse(checked.error.code, checked.error.message);
  return ok({ ...checked.value, lost });
};

/**
 * Reads a workers.json; a worker that cannot be a host is refused by itself.
 * @throws SyntaxError for text that is no JSON object; RangeError for a cost that is no decimal
 * number
 */
export const readLegacyHosts = (text: string, options: Options): LegacyHosts => {
  const file = parseExact(text);
  if (!isObject(file)) throw new SyntaxError('workers.json holds no object of workers');
  const [hosts, refused, notes]: [HostDefinition[], Refused[], { id: string; message: string }[]] =
    [[], [], []];
  for (const [id, worker] of Object.entries(file)) {
    const read = hostOf(id, worker, options);
    if (!read.ok) {
      refused.push(read.error);
      continue;
    }
    const { lost, ...host } = read.value;
    hosts.push(host);
    if (lost.length > 0) notes.push({ id, message: `has no place for ${lost.join(', ')}` });
  }
  return { hosts, refused, notes };
};
