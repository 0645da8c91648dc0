/** Kinds of the example host. */

import { setTimeout as wait } from 'node:timers/promises';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { HostKind } from './hostKind.ts';

const SLEEP_MS_MAX = 840_000;

const fieldsOf = (input: unknown): Readonly<Record<string, unknown>> =>
  typeof input === 'object' && input !== null ? { ...input } : {};

/** Returns its input. */
const echo: HostKind = (input) => input;

/** Waits `ms`, or until the deadline. */
const sleep: HostKind = async (input, { signal }) => {
  const { ms } = fieldsOf(input);
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= SLEEP_MS_MAX))
    throw new PermanentError(`ms must be 0 to ${SLEEP_MS_MAX}`, { code: 'INPUT_INVALID' });
  await wait(ms, undefined, { signal });
  return { slept: ms };
};

/** Fails permanently; with `"permanent": false` only before attempt `until`. */
const fail: HostKind = (input, { attempt }) => {
  const {
    permanent = true,
    until = Number.POSITIVE_INFINITY,
    message = 'as asked',
  } = fieldsOf(input);
  if (permanent === true) throw new PermanentError(String(message), { code: 'AS_ASKED' });
  if (attempt < Number(until)) throw new RetryableError(String(message), { code: 'AS_ASKED' });
  return { attempts: attempt };
};

/** The kinds of `sheratan host serve`. */
export const EXAMPLE_KINDS: Readonly<Record<string, HostKind>> = { echo, sleep, fail };
