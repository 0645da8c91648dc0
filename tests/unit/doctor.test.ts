/** What the doctor says of what it sees: pure, a case each. What it sees on real servers is tested apart. */
import { describe, expect, it } from 'vitest';
import { checkKinds } from '#cli/doctor/kinds.ts';
import { checkInFlight } from '#cli/doctor/queues.ts';
import { checkFunctions, checkRules, checkSchedules } from '#cli/doctor/targets.ts';
import { checkAges } from '#cli/doctor/waiting.ts';
import type { FunctionState, RuleState } from '#client/machinery.ts';
import { type Control, INITIAL } from '#shared/control/state.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';

const ARN = 'arn:aws:lambda:eu-central-1:1:function:sheratan-dev';
const functionOf = (name: string, over: Partial<FunctionState> = {}): FunctionState => ({
  arn: `${ARN}-${name}`,
  state: 'Active',
  reason: '',
  ...over,
});
const briefly = (findings: readonly { level: string; detail: string; fix?: string }[]) =>
  findings.map(({ level, detail, fix }) => [level, detail, ...(fix ? [fix] : [])]);

describe('functions', () => {
  it('that may run are well, also those that sleep', () => {
    const found = checkFunctions([
      functionOf('worker:live', { reserved: 5 }),
      functionOf('relay', { state: 'Inactive' }),
    ]);
    expect(briefly(found)).toEqual([['ok', '2 may run']]);
  });

  it.each<[Partial<FunctionState>, string, RegExp, RegExp]>([
    [{ state: undefined }, 'problem', /^sheratan-dev-worker:live does not exist/, /deploy/],
    [{ reserved: 0 }, 'problem', /0 times at once/, /--function-name sheratan-dev-worker$/],
    [{ state: 'Pending' }, 'warning', /is Pending/, /look again/],
    [{ state: 'Failed', reason: 'no key' }, 'problem', /is Failed \(no key\)$/, /see the reason/],
  ])('that are %j are told', (over, level, detail, fix) => {
    const found = checkFunctions([functionOf('relay'), functionOf('worker:live', over)]);
    expect(found).toEqual([
      {
        check: 'functions',
        level,
        detail: expect.stringMatching(detail),
        fix: expect.stringMatching(fix),
      },
    ]);
  });
});

describe('rules', () => {
  const QUEUES = ['sheratan-dev-probes'];
  const probes = 'arn:aws:sqs:eu-central-1:1:sheratan-dev-probes';
  const ruleOf = (over: Partial<RuleState>): RuleState => ({
    name: 'minute',
    state: 'ENABLED',
    targets: [probes],
    ...over,
  });

  it.each<[Partial<RuleState>, string]>([
    [{ state: undefined, targets: [] }, 'rule minute is gone'],
    [{ state: 'DISABLED' }, 'rule minute is DISABLED'],
    [{ targets: [] }, 'rule minute has no target'],
    [
      { targets: [`${probes}-old`] },
      `rule minute sends to ${probes}-old, no queue of this deployment`,
    ],
  ])('that are %j are told', (over, detail) => {
    const found = checkRules([ruleOf({}), ruleOf(over)], QUEUES);
    expect(found).toEqual([
      {
        check: 'rules',
        level: 'problem',
        detail,
        fix: expect.stringMatching(/deploy|enable-rule/),
      },
    ]);
  });

  it('lead to functions, topics and queues of the deployment', () => {
    const rules = [ruleOf({}), ruleOf({ targets: [`${ARN}-timekeeper`, 'arn:aws:sns:eu:1:t'] })];
    expect(briefly(checkRules(rules, QUEUES))).toEqual([['ok', '2 are enabled and have targets']]);
  });
});

describe('schedules', () => {
  const url = 'https://sqs/1/sheratan-dev-jobs-normal.fifo';
  const scheduleOf = (input: string, enabled = true) => ({
    name: 'beat',
    expression: 'rate(1 hour)',
    timezone: 'UTC',
    enabled,
    input,
  });

  it.each([
    ['another deployment', JSON.stringify({ QueueUrl: url.replace('dev', 'old') })],
    ['nowhere', '{}'],
    ['nowhere', 'no JSON'],
  ])('that send to %s are told, unless they are paused', (_where, input) => {
    expect(checkSchedules([scheduleOf(input)], [url])).toEqual([
      expect.objectContaining({
        level: 'problem',
        detail: expect.stringMatching(/^beat sends to/),
      }),
    ]);
    expect(briefly(checkSchedules([scheduleOf(input, false)], [url]))).toEqual([
      ['ok', '0 enabled'],
    ]);
  });

  it('that send to a queue of jobs are well', () => {
    const input = JSON.stringify({ QueueUrl: url });
    expect(briefly(checkSchedules([scheduleOf(input)], [url]))).toEqual([['ok', '1 enabled']]);
  });
});

describe('the oldest message', () => {
  const aged = (seconds: number, control: Partial<Control> = {}, queue = 'jobs-normal.fifo') =>
    checkAges(new Map([[`sheratan-dev-${queue}`, seconds]]), { ...INITIAL, ...control });

  it('may be as old as its alarm allows', () => {
    expect(aged(1_800)).toMatchObject([{ level: 'ok' }]);
    expect(aged(901, {}, 'jobs-normal.fifo')).toMatchObject([{ level: 'ok' }]);
  });

  it.each<[string, string, Partial<Control>, string, RegExp]>([
    ['jobs-normal.fifo', 'problem', {}, 'nothing pauses its queue', /groups/],
    ['results.fifo', 'problem', { state: 'PAUSED' }, 'nothing pauses its queue', /logs/],
    ['jobs-normal.fifo', 'warning', { state: 'PAUSED' }, 'everything is paused', /resume/],
    [
      'jobs-normal.fifo',
      'warning',
      { pausedQueues: ['normal'] },
      'queue normal is paused',
      /resume/,
    ],
    [
      'jobs-normal.fifo',
      'problem',
      { pausedQueues: ['low'] },
      'nothing pauses its queue',
      /groups/,
    ],
    ['jobs-normal.fifo', 'problem', { pausedSources: ['s'] }, 'only sources are (s)', /groups/],
  ])('of %s is a %s under %j', (queue, level, control, why, fix) => {
    expect(aged(90_000, control, queue)).toEqual([
      {
        check: 'age',
        level,
        fix: expect.stringMatching(fix),
        detail: expect.stringContaining(why),
      },
    ]);
  });
});

describe('messages in flight', () => {
  const found = (inFlight: number, FifoQueue = 'true') =>
    checkInFlight('sheratan-dev-jobs-low.fifo', {
      FifoQueue,
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessages: '5000',
    });

  it('are well below what a FIFO queue takes, and any number in another queue', () => {
    expect([...found(79_999), ...found(200_000, 'false')]).toEqual([]);
  });

  it.each([
    [80_000, 'warning', '80,000 messages of sheratan-dev-jobs-low.fifo are in flight, 5,000 wait'],
    [119_999, 'warning', 'at 120,000 it hands out no more'],
    [120_000, 'problem', 'SQS hands out no more of them'],
  ])('%i: %s', (inFlight, level, detail) => {
    const [finding] = found(inFlight);
    expect(finding).toMatchObject({ check: 'in flight', level });
    expect(finding?.detail).toContain(detail);
    expect(finding?.fix).toMatch(/limits.*groups/);
  });
});

describe('jobs that wait in the table', () => {
  const job = (kind: string, status: JobRecord['status'] = 'WAITING') =>
    ({ kind, status }) as JobRecord;
  const looking = (...pages: readonly (readonly JobRecord[])[]) =>
    checkKinds({
      due: {
        async *until() {
          yield* pages;
        },
      },
      clock: { now: () => 0 },
      ownKinds: ['mail'],
      kindInfos: () => Promise.resolve(undefined),
    });

  it('are of kinds that the mesh has', async () => {
    const [finding] = await looking([job('echo'), job('mail')], [job('gone', 'COMPLETED')]);
    expect(finding).toMatchObject({ level: 'ok', detail: expect.stringContaining('of 2 jobs') });
    expect(finding?.detail).toMatch(/every kind$/);
  });

  it('and whose kind is gone are named, with how many there are', async () => {
    const [finding] = await looking([job('gone'), job('echo')], [job('gone'), job('lost')]);
    expect(finding).toMatchObject({
      level: 'warning',
      detail: 'jobs wait whose kind the mesh has not: gone (2), lost (1)',
      fix: expect.stringContaining('sheratan jobs --open'),
    });
  });

  it('are not read without end', async () => {
    const page = Array.from({ length: 500 }, () => job('echo'));
    const [finding] = await looking(page, [job('gone')]);
    expect(finding).toMatchObject({ level: 'ok' });
    expect(finding?.detail).toMatch(/every kind; looked at 500 jobs, there may be more$/);
    const [found] = await looking([job('gone'), ...page], [job('lost')]);
    expect(found?.detail).toMatch(/not: gone \(1\); looked at 501 jobs, there may be more$/);
  });
});
