/** What a host's answer to a probe means: the host passes, is busy, or breaks a rule. Pure. */
import { readJson } from '#shared/kernel/json.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';
import type { BodyRule, ProbeSettings } from '../registry/host.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The body, up to the limit. */
  readonly body: string;
  readonly truncated: boolean;
}

export type Judgement =
  | { readonly kind: 'pass' }
  | { readonly kind: 'busy'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'fail'; readonly reason: 'status' | 'body'; readonly detail: string };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The value at a JSON pointer (RFC 6901); undefined when there is none. */
const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (inner, key) => (isRecord(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
      value,
    );

const brokenRule = (rule: BodyRule, { body, truncated }: Answer): string | undefined => {
  if (rule.kind === 'contains')
    return body.includes(rule.text) ? undefined : `the body lacks ${JSON.stringify(rule.text)}`;
  const json = readJson(body);
  if (json === undefined) return truncated ? 'the body is too long' : 'the body is not JSON';
  const found = at(json, rule.pointer);
  if (found === rule.equals) return undefined;
  const shown = JSON.stringify(found)?.slice(0, 100) ?? 'nothing';
  return `${rule.pointer} is ${shown}, not ${JSON.stringify(rule.equals)}`;
};

/**
 * A host says itself when it is busy: {"status":"busy"}, or as many active jobs as its capacity.
 */
const saysBusy = (body: string): boolean => {
  const json = body.startsWith('{') ? readJson(body) : undefined;
  if (!isRecord(json)) return false;
  const { status, active, capacity } = json;
  if (status === 'busy') return true;
  return typeof active === 'number' && typeof capacity === 'number' && active >= capacity;
};

/**
 * Judges an answer by the probe's settings.
 *
 * @param now ms since the epoch
 */
export const judgeAnswer = (
  answer: Answer,
  { expectStatus, body }: ProbeSettings,
  now: number,
): Judgement => {
  const { status, retryAfter } = answer;
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    const seconds = retryAfterSeconds(retryAfter, now);
    return { kind: 'busy', ...(seconds !== undefined && { retryAfterSeconds: seconds }) };
  }
  if (!expectStatus.some(([from, to]) => status >= from && status <= to))
    return { kind: 'fail', reason: 'status', detail: `it answered ${status}` };
  if (saysBusy(answer.body)) return { kind: 'busy' };
  const broken = body && brokenRule(body, answer);
  return broken ? { kind: 'fail', reason: 'body', detail: broken } : { kind: 'pass' };
};
