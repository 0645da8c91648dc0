import { describe, expect, it } from 'vitest';
import { matchesPattern } from '#infra/local/filter.ts';
import { nextFire } from '#shared/schedules/expression.ts';

const at = (text: string): number => Date.parse(text);
const next = (expression: string, after: string, timezone?: string): string | undefined => {
  const time = nextFire(expression, at(after), timezone);
  return time === undefined ? undefined : new Date(time).toISOString();
};

describe('nextFire', () => {
  it.each([
    ['rate(1 minute)', '2026-11-23T10:00:30Z', '2026-11-23T10:01:30.000Z'],
    ['rate(2 hours)', '2026-11-23T23:00:00Z', '2026-11-24T01:00:00.000Z'],
    ['cron(* * * * ? *)', '2026-11-23T10:00:00Z', '2026-11-23T10:01:00.000Z'],
    ['cron(0/15 * * * ? *)', '2026-11-23T10:16:00Z', '2026-11-23T10:30:00.000Z'],
    ['cron(30 8 ? * MON-FRI *)', '2026-11-27T08:30:00Z', '2026-11-30T08:30:00.000Z'],
    ['cron(0 12 1 JAN,JUL ? *)', '2026-02-01T00:00:00Z', '2026-07-01T12:00:00.000Z'],
    ['cron(0 0 29 2 ? *)', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['cron(0 0 1 1 ? 2020)', '2026-03-01T00:00:00Z', undefined],
    ['cron(0 0 30 2 ? *)', '2026-03-01T00:00:00Z', undefined],
    ['cron(0 8 L * ? *)', '2026-02-01T00:00:00Z', '2026-02-28T08:00:00.000Z'],
    ['cron(0 8 15W * ? *)', '2026-02-01T00:00:00Z', '2026-02-16T08:00:00.000Z'],
    ['cron(0 8 ? * 3#2 *)', '2026-01-01T00:00:00Z', '2026-01-13T08:00:00.000Z'],
    ['cron(0 8 ? * 6L *)', '2026-01-01T00:00:00Z', '2026-01-30T08:00:00.000Z'],
    ['cron(0 8 ? * 1 *)', '2026-01-01T00:00:00Z', '2026-01-04T08:00:00.000Z'],
    ['cron(0 8 ? * L *)', '2026-01-01T00:00:00Z', '2026-01-03T08:00:00.000Z'],
    ['cron(0 0 1 1 ? 2026/2)', '2026-03-01T00:00:00Z', '2028-01-01T00:00:00.000Z'],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it('keeps to the wall clock of a time zone: what it skips is skipped, what it repeats fires once', () => {
    const daily = (after: string) => next('cron(30 2 * * ? *)', after, 'Europe/Berlin');
    expect(daily('2026-03-28T12:00:00Z')).toBe('2026-03-30T00:30:00.000Z');
    expect(daily('2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(daily('2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => nextFire('rate(1 minute)', 0, 'Mars/Olympus')).toThrow(/Mars\/Olympus/);
  });

  it.each([
    'rate(x)',
    'rate(0 minutes)',
    'cron(* * * *)',
    'cron(0 0 * * * *)',
    'cron(61 * * * ? *)',
    'at(2027-01-01T00:00:00)',
    'every minute',
  ])('refuses %s loudly', (expression) => {
    expect(() => nextFire(expression, 0)).toThrow(expression);
  });
});

describe('matchesPattern', () => {
  const record = {
    eventName: 'MODIFY',
    dynamodb: { NewImage: { status: { S: 'DEAD' }, n: { N: '7' } } },
  };
  const image = (rule: unknown) => ({ dynamodb: { NewImage: rule } });
  it.each([
    [{ eventName: ['INSERT', 'MODIFY'] }, true],
    [{ eventName: ['REMOVE'] }, false],
    [image({ status: { S: ['DEAD'] } }), true],
    [image({ status: { S: [{ prefix: 'DE' }] } }), true],
    [image({ status: { S: [{ 'anything-but': ['DEAD'] }] } }), false],
    [image({ gone: { S: [{ exists: false }] } }), true],
    [image({ status: { S: [{ exists: false }] } }), false],
    [image({ n: { N: [{ numeric: ['>', 5, '<=', 7] }] } }), true],
    [image({ n: { N: [{ numeric: ['<', 5] }] } }), false],
  ])('%j → %s', (pattern, expected) => {
    expect(matchesPattern(pattern, record)).toBe(expected);
  });

  it('is loud about rules it does not know', () => {
    expect(() => matchesPattern({ eventName: [{ cidr: '10.0.0.0/8' }] }, record)).toThrow(/cidr/);
  });
});
