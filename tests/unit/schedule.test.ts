import { describe, expect, it } from 'vitest';
import { matchesPattern } from '#emulator/triggers/filter.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import { nextFire } from '#shared/schedules/expression.ts';
import { tickMessage } from '#shared/schedules/schedule.ts';

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
    ['cron(0 0 LW jan-MAR ? 2026-2199)', '2026-02-01T00:00:00Z', '2026-02-27T00:00:00.000Z'],
    ['cron(0-15/5 8,20 ? * MON,3 *)', '2026-02-02T08:11:00Z', '2026-02-02T08:15:00.000Z'],
    ['cron(0 0 ? * 2-6 2199)', '2026-02-01T00:00:00Z', '2199-01-01T00:00:00.000Z'],
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

  it.each([
    ...['Mars/Olympus', '+01:00', '-0800', 'Z', 'GMT+1', 'utc', 'us/eastern', 'PST', 'JST', 'BST'],
    ...['SystemV/EST5', 'Factory', 'Etc/Unknown', '', 'Europe/', ' Europe/Berlin'],
  ])('refuses the time zone %j, as AWS does', (timezone) => {
    expect(() => nextFire('rate(1 minute)', 0, timezone)).toThrow(`"${timezone}" is no time zone`);
  });

  it('says how a time zone is spelled', () => {
    expect(() => nextFire('rate(1 minute)', 0, 'europe/berlin')).toThrow(/spelled Europe\/Berlin$/);
  });

  it.each(['UTC', 'Etc/GMT+5', 'US/Eastern', 'Asia/Kolkata', 'EST5EDT', 'America/Port-au-Prince'])(
    'takes the time zone %s',
    (timezone) => expect(nextFire('rate(1 minute)', 0, timezone)).toBe(60_000),
  );

  it('takes every time zone that the runtime names', () => {
    for (const timezone of Intl.supportedValuesOf('timeZone'))
      expect(nextFire('rate(1 minute)', 0, timezone)).toBe(60_000);
  });

  it.each([
    ...['cron(0 0 1 1 ? 1969)', 'cron(0 0 1 1 ? 2200)', 'cron(0 0 1 1 ? 2026-2300)'],
    ...['cron(0 0 1 1 ? 26)', 'cron(0 0 1 1 ? 99999)', 'cron(? 0 1 1 ? *)', 'cron(0 0 1 ? ? *)'],
    ...['cron(0 0 ? * 8 *)', 'cron(0 0 ? * 0 *)', 'cron(*/60 * * * ? *)', 'cron(*/0 * * * ? *)'],
    ...['cron(/5 * * * ? *)', 'cron(1,,2 * * * ? *)', 'cron(0 24 1 1 ? *)', 'cron(0 0 32 * ? *)'],
    ...[
      'cron(0 0 32W * ? *)',
      'cron(0 0 ? * 3#6 *)',
      'cron(0 0 ? * 3#1,6#3 *)',
      'cron(0 L 1 1 ? *)',
    ],
    ...['cron(0 0 1 1 ? 2026/2/2)', 'cron(0 0 1-2-3 1 ? *)', 'cron(5-1 * * * ? *)'],
    ...[
      'rate(99999999999 days)',
      'rate(1 second)',
      'rate(1.5 hours)',
      'rate(-1 hours)',
      'rate(1 weeks)',
    ],
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

describe('the message of a tick', () => {
  const draft = {
    name: 'n',
    expression: 'rate(1 hour)',
    timezone: 'UTC',
    overlap: 'skip',
  } as const;
  it.each([
    ['{"kind":"echo","payload":{"big":12345678901234567890}}', /^payload\.big: .*send it as text/],
    ['{"kind":"echo","payload":{"__proto__":1}}', /__proto__/],
    ['{"kind":"echo"', /not JSON/],
  ])('refuses what a sent job would be refused for: %s', (body, message) => {
    expect(() => tickMessage({ ...draft, body }, kinds, 0)).toThrow(message);
  });

  it('is one that SQS takes, and says the same, whatever characters the payload has', () => {
    const payload = { text: 'a\ufffe\uffff\u{1f600}ü' };
    const { body } = tickMessage(
      { ...draft, body: JSON.stringify({ kind: 'echo', payload }) },
      kinds,
      0,
    );
    expect(body).not.toMatch(/[\ufffe\uffff]/);
    expect(JSON.parse(body)).toMatchObject({ payload });
  });

  it('takes no more room than it needs', () => {
    const body = JSON.stringify({ kind: 'echo', payload: 'ü' });
    expect(tickMessage({ ...draft, body }, kinds, 0).body).toContain('"ü"');
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
