import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { retryDelaySeconds, retryPolicy } from '#shared/jobs/envelope/retryPolicy.ts';
import { defineJob } from '#shared/jobs/kinds/defineJob.ts';

const at = (value: number) => ({ next: () => value });
const JUST_BELOW_ONE = 1 - Number.EPSILON;

describe('retryDelaySeconds', () => {
  it.each([
    ['exponential', [1, 2, 4, 8, 16]],
    ['linear', [1, 2, 3, 4, 5]],
    ['fixed', [1, 1, 1, 1, 1]],
  ] as const)('grows %s', (curve, expected) => {
    const policy = retryPolicy({ curve, jitter: 'none' });
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelaySeconds(policy, attempt, at(0)))).toEqual(
      expected,
    );
  });

  it('stops growing at the cap, however many attempts', () => {
    const policy = retryPolicy({ jitter: 'none', capSeconds: 10 });
    expect(retryDelaySeconds(policy, 99, at(0))).toBe(10);
  });

  it('spreads over the whole interval with full jitter', () => {
    const policy = retryPolicy({ baseSeconds: 8 });
    expect(retryDelaySeconds(policy, 2, at(0))).toBe(0);
    expect(retryDelaySeconds(policy, 2, at(0.5))).toBe(8);
    expect(retryDelaySeconds(policy, 2, at(JUST_BELOW_ONE))).toBe(16);
  });
});

describe('retryPolicy', () => {
  it('lets the envelope speak before the kind, and the kind before the defaults', () => {
    const policy = retryPolicy({ maxAttempts: 2 }, { maxAttempts: 9, baseSeconds: 3 });
    expect(policy).toMatchObject({ maxAttempts: 2, baseSeconds: 3, factor: 2, jitter: 'full' });
  });
});

describe("a kind's retry", () => {
  it.each([
    [{ baseSeconds: Number.NaN }, /^kind "k": retry\.baseSeconds: /],
    [{ baseSeconds: Number.POSITIVE_INFINITY }, /^kind "k": retry\.baseSeconds: /],
    [{ capSeconds: -1 }, /^kind "k": retry\.capSeconds: /],
    [{ maxAttempts: 1.5 }, /^kind "k": retry\.maxAttempts: /],
    [{ delay: 5 }, /^kind "k": retry\.delay: unknown field$/],
  ])('is checked where it is declared: %j', (retry, message) => {
    const given = { kind: 'k', payload: v.unknown(), run: () => Promise.resolve(null) };
    expect(() => defineJob({ ...given, retry: retry as object })).toThrow(message);
  });
});
