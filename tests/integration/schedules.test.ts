import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { startScheduler } from '#emulator/services/scheduler.ts';
import type { Service } from '#emulator/services/service.ts';
import type { ServiceRequest } from '#emulator/template/resourcePolicies.ts';
import { type Envelope, jobIdOf } from '#shared/jobs/envelope/envelope.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { RetryableError } from '#shared/jobs/kinds/errors.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { addSchedule, enableSchedule, removeSchedule } from '#shared/schedules/manageSchedules.ts';
import { type Schedule, TICK_TIME, tickMessage, tickOf } from '#shared/schedules/schedule.ts';
import { createSchedules } from '#shared/schedules/scheduler/schedules.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let ran: unknown[] = [];
const kinds = kindsOf([
  defineJob({
    kind: 'beat',
    payload: v.object({ at: v.optional(v.string()), fails: v.optional(v.boolean(), false) }),
    retry: { baseSeconds: 60, jitter: 'none' },
    run: ({ at, fails }, { attempt }) => {
      ran.push(at);
      return fails && attempt === 1
        ? Promise.reject(new RetryableError('later'))
        : Promise.resolve(at);
    },
  }),
]);
const DRAFT = {
  name: 'beat',
  expression: 'rate(1 minute)',
  timezone: 'UTC',
  overlap: 'skip',
  body: JSON.stringify({ kind: 'beat', payload: { at: TICK_TIME } }),
} as const;

describe('the job of a tick', () => {
  let worker: TestWorker;
  beforeEach(async () => {
    worker = await startWorker(inject('dynamoEndpoint'), kinds);
    ran = [];
    return () => worker.stop();
  });

  /** Sends the tick of `at`, as the scheduler would. */
  const tick = async (at: number, over: object = {}): Promise<string> => {
    const { body, group } = tickMessage({ ...DRAFT, ...over }, kinds, worker.clock.now());
    const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
    const envelope = JSON.parse(body.replaceAll(TICK_TIME, time)) as Envelope;
    await worker.send(envelope, group);
    return jobIdOf(envelope, '');
  };
  const body = (payload: object): string => JSON.stringify({ kind: 'beat', payload });
  const started = Math.floor(Date.now() / 60_000) * 60_000;
  const minute = (n: number): number => started + n * 60_000;
  /** Later than whatever the test did before, on any machine. */
  const muchLater = minute(60);

  it('runs once, however often the tick is delivered', async () => {
    await tick(minute(0));
    await worker.drain();
    await tick(minute(0));
    expect((await worker.drain()).map(({ as }) => as)).toEqual(['duplicate']);
    await tick(muchLater);
    await worker.drain();
    expect(ran).toHaveLength(2);
  });

  it.each([
    ['skip', ['cancelled'], 2],
    ['queue', ['completed'], 3],
  ] as const)('that comes while the one before goes on is for %s %s', async (overlap, as, runs) => {
    const first = { overlap, body: body({ fails: true }) };
    await tick(minute(0), first);
    await worker.step();
    await tick(minute(1), { overlap });
    worker.clock.advance(120_000);
    await worker.ripen();
    const dispositions = await worker.drain();
    expect(dispositions.map(({ as: how }) => how)).toEqual(['completed', ...as]);
    expect(ran).toHaveLength(runs);
  });

  it('says in its trace why it was skipped, and the next one runs', async () => {
    await tick(minute(0), { body: body({ fails: true }) });
    await worker.step();
    const skipped = await tick(minute(1));
    worker.clock.advance(120_000);
    await worker.ripen();
    await worker.drain();
    const record = await worker.store.get(skipped);
    expect(record?.history.at(-1)).toMatchObject({
      event: 'cancelled',
      by: 'schedule beat',
      note: expect.stringMatching(/^skipped: the tick of .* ended at /),
    });
    const next = await tick(muchLater);
    await worker.drain();
    expect(await worker.store.get(next)).toMatchObject({ status: 'COMPLETED', schedule: 'beat' });
  });

  it('is skipped when a later one was faster', async () => {
    await tick(minute(1));
    await worker.drain();
    const late = await tick(minute(0));
    await worker.drain();
    expect(await worker.store.get(late)).toMatchObject({ status: 'CANCELLED' });
  });

  it('is let through again when its worker died right after it was', async () => {
    await tick(minute(0));
    const batch = await worker.receive();
    const dead = { ...worker.deps.store, claim: () => Promise.reject(new Error('killed')) };
    await worker.run(batch, { store: dead });
    await worker.ripen();
    await worker.drain();
    expect(ran).toHaveLength(1);
  });
});

describe('schedules', () => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const region = 'us-east-1';
  let server: FauxqsServer;
  let scheduler: Service;
  let client: SchedulerClient;
  let sqs: SQSClient;
  let queueUrl: string;
  const faults: string[] = [];

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    queueUrl = server.createQueue('ticks.fifo', { attributes: { FifoQueue: 'true' } }).queueUrl;
    sqs = new SQSClient({ region, credentials, endpoint: `http://127.0.0.1:${server.port}` });
    const place = { region, accountId: '000000000000', groups: ['sheratan-test'] };
    const isAllowed = ({ roleArn }: ServiceRequest) => roleArn !== 'arn:stranger';
    const onFault = (text: string) => faults.push(text);
    scheduler = await startScheduler({ ...place, sqs, isAllowed, onFault });
    client = new SchedulerClient({ region, credentials, endpoint: scheduler.endpoint });
  });
  afterAll(async () => {
    client.destroy();
    sqs.destroy();
    await scheduler.stop();
    await server.stop();
  });

  const open = (group = 'sheratan-test', roleArn = 'arn:role') =>
    createSchedules({ client, group, roleArn, deadLetterArn: 'arn:dead' });
  const deps = (roleArn?: string) => ({
    schedules: open(undefined, roleArn),
    kinds,
    queueUrls: { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl },
    clock: systemClock,
  });
  const names = (all: readonly Schedule[]): string[] => all.map(({ name }) => name);

  it('send one message a tick, straight to the queue, with the time of the tick', async () => {
    expect(await addSchedule(DRAFT, false, deps())).toBe('added');
    const { Messages = [] } = await vi.waitUntil(async () => {
      const answer = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageSystemAttributeNames: ['All'] }),
      );
      return answer.Messages && answer;
    });
    expect(Messages).toHaveLength(1);
    const { at } = JSON.parse(Messages[0]?.Body ?? '').schedule;
    expect(JSON.parse(Messages[0]?.Body ?? '')).toEqual({
      kind: 'beat',
      payload: { at },
      group: 'schedule:beat',
      missionId: 'schedule:beat',
      idempotencyKey: `schedule:beat:${at}`,
      schedule: { name: 'beat', at, overlap: 'skip' },
    });
    expect(Messages[0]?.Attributes).toMatchObject({
      MessageGroupId: 'schedule:beat',
      MessageDeduplicationId: `schedule:beat:${at}`,
    });
    expect(faults).toEqual([]);
    await removeSchedule('beat', deps());
  });

  it('whose role lets the scheduler send nothing lose their ticks, and the log says so', async () => {
    await addSchedule({ ...DRAFT, name: 'silent' }, false, deps('arn:stranger'));
    await vi.waitUntil(() => faults.length > 0);
    await removeSchedule('silent', deps());
    expect(faults.splice(0)).toEqual([
      expect.stringMatching(
        /^AccessDenied: schedule sheratan-test\/silent: arn:stranger does not let .* to arn:aws:sqs:us-east-1:000000000000:ticks\.fifo/,
      ),
    ]);
  });

  it('are added once; another one under the name only when asked to', async () => {
    const draft = { ...DRAFT, name: 'nightly', expression: 'cron(30 2 * * ? *)' };
    const other = { ...draft, timezone: 'Europe/Berlin' };
    expect(await addSchedule(draft, false, deps())).toBe('added');
    expect(await addSchedule(draft, false, deps())).toBe('unchanged');
    await expect(addSchedule(other, false, deps())).rejects.toMatchObject({ code: 'EXISTS' });
    expect(await addSchedule(other, true, deps())).toBe('replaced');
    expect(await open().get('nightly')).toMatchObject({ timezone: 'Europe/Berlin' });
    await removeSchedule('nightly', deps());
    await expect(removeSchedule('nightly', deps())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are paused and resumed, and stay paused when they are replaced', async () => {
    const draft = { ...DRAFT, name: 'paused', expression: 'cron(30 2 * * ? *)' };
    await addSchedule(draft, false, deps());
    expect(await enableSchedule('paused', false, deps())).toBe(true);
    expect(await enableSchedule('paused', false, deps())).toBe(false);
    await addSchedule({ ...draft, overlap: 'queue' }, true, deps());
    const [found] = await open().list();
    expect(found).toMatchObject({ name: 'paused', enabled: false });
    expect(tickOf(found?.input ?? '')).toEqual({
      kind: 'beat',
      priority: 'normal',
      overlap: 'queue',
    });
    expect(await enableSchedule('paused', true, deps())).toBe(true);
    await expect(enableSchedule('nobody', true, deps())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await removeSchedule('paused', deps());
  });

  it('are listed by name', async () => {
    for (const name of ['b', 'a.1', 'c_2'])
      await addSchedule({ ...DRAFT, name, expression: 'cron(0 0 1 1 ? *)' }, false, deps());
    expect(names(await open().list())).toEqual(['a.1', 'b', 'c_2']);
  });

  it('belong to a group that exists', async () => {
    await expect(open('elsewhere').list()).rejects.toThrow(/elsewhere/);
  });

  it.each([
    [{ name: 'no spaces' }, 'NAME_INVALID'],
    [{ name: 'x'.repeat(65) }, 'NAME_INVALID'],
    [{ expression: 'cron(0 0 1 1 ? 2020)' }, 'EXPRESSION_INVALID'],
    [{ timezone: 'Nowhere' }, 'TIMEZONE_UNKNOWN'],
    [{ body: '{' }, 'ENVELOPE_INVALID'],
    [{ body: '[]' }, 'ENVELOPE_INVALID'],
    [{ body: '{"kind":"unknown"}' }, 'ENVELOPE_INVALID'],
    [{ body: '{"kind":"beat","payload":{},"id":"one"}' }, 'ENVELOPE_INVALID'],
    [{ body: JSON.stringify({ kind: 'beat', payload: { at: 'x'.repeat(262_144) } }) }, 'TOO_LARGE'],
  ])('are refused before AWS is asked: %j', async (over, code) => {
    await expect(addSchedule({ ...DRAFT, ...over }, false, deps())).rejects.toMatchObject({ code });
  });
});
