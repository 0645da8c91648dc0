/**
 * What is sent to queues, callbacks, hosts and the scheduler. `messages.jsonl` has been written once:
 * such messages are under way while a deployment is updated, and receivers check their signatures, so
 * its lines are never changed. A new shape, or a new form of an old shape, gets a line of its own (the
 * failing test prints the line); the line of an old form stays, with `reads` for it.
 */
import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { describe } from 'vitest';
import { chargeIn, createCharges } from '#shared/billing/sqs/postingsQueue.ts';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import { runSchema } from '#shared/dispatch/protocol.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { reportEnd } from '#shared/jobs/callbacks/deliver.ts';
import { callbackBody, signedHeaders, verifySignature } from '#shared/jobs/callbacks/signature.ts';
import { type Envelope, parseEnvelope } from '#shared/jobs/envelope/envelope.ts';
import { bodyOf, messageOf, releaseOf, uncheckedMessageOf } from '#shared/jobs/envelope/message.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import type { HttpRequest, OutgoingMessage } from '#shared/jobs/ports/jobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { announcementOf, createAnnouncements } from '#shared/jobs/sqs/announcements.ts';
import { deliveriesOf } from '#shared/jobs/sqs/deliveries.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { addSchedule } from '#shared/schedules/manageSchedules.ts';
import { type ScheduleDraft, TICK_TIME, tickOf } from '#shared/schedules/schedule.ts';
import { createSchedules } from '#shared/schedules/scheduler/schedules.ts';
import { golden } from '../support/golden.ts';
import { schedulerOf, sqsOf } from '../support/wire.ts';

const { writes, keeps, isWhole } = golden('messages');

const T = 1_790_000_000_000;
const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const clock = { now: () => T };

const queueOf = (name: string): string => `https://sqs.us-east-1.amazonaws.com/1/${name}.fifo`;
const QUEUES = {
  critical: queueOf('critical'),
  high: queueOf('high'),
  normal: queueOf('normal'),
  low: queueOf('low'),
};

/** A message as it is on the wire. */
interface Wire {
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue: string }>>;
  readonly MessageSystemAttributes?: { readonly AWSTraceHeader: { readonly StringValue: string } };
}

/** As Lambda hands it to the worker. */
const recordOf = (wire: Wire): SQSRecord => ({
  messageId: 'm-1',
  receiptHandle: 'receipt-1',
  body: wire.MessageBody,
  md5OfBody: '',
  eventSource: 'aws:sqs',
  awsRegion: 'us-east-1',
  eventSourceARN: 'arn:aws:sqs:us-east-1:1:normal.fifo',
  attributes: {
    ApproximateReceiveCount: '2',
    SentTimestamp: String(T),
    SenderId: 's',
    ApproximateFirstReceiveTimestamp: String(T),
    MessageGroupId: wire.MessageGroupId,
    MessageDeduplicationId: wire.MessageDeduplicationId,
    ...(wire.MessageSystemAttributes && {
      AWSTraceHeader: wire.MessageSystemAttributes.AWSTraceHeader.StringValue,
    }),
  },
  messageAttributes: Object.fromEntries(
    Object.entries(wire.MessageAttributes ?? {}).map(([name, { StringValue: stringValue }]) => [
      name,
      { stringValue, dataType: 'String' },
    ]),
  ),
});

const sent = async (message: OutgoingMessage): Promise<unknown> => {
  const messages: unknown[] = [];
  await createOutgoing({ sqs: sqsOf(messages), queueUrls: QUEUES }).send([message]);
  return messages;
};
const received = ([wire]: readonly [Wire]) => {
  const [delivery] = deliveriesOf({ Records: [recordOf(wire)] }, QUEUES);
  const { group, messageGroup, released, body, traceHeader } = delivery ?? {};
  const job = parseEnvelope(body ?? '', kinds);
  return {
    group,
    messageGroup,
    released,
    traceHeader,
    envelope: job.ok ? job.value.envelope : job.error,
  };
};

const ENVELOPE: Envelope = {
  id: 'j-1',
  kind: 'echo',
  payload: { text: 'größer ✓ \ufffe' },
  group: 'g-1',
  priority: 'normal',
  source: 'shop',
  onDead: 'halt',
};

describe('jobs on their way', () => {
  const job = (shape: string, envelope: Envelope, group: string, traceHeader?: string) =>
    keeps(
      `job: ${shape}`,
      () => sent(messageOf(envelope, bodyOf(envelope), 'nonce-1', traceHeader)),
      received,
      { group, messageGroup: undefined, released: undefined, traceHeader, envelope },
    );
  job('with a group', ENVELOPE, 'g-1', TRACE);
  job('by its id', { id: 'j-2', kind: 'echo' }, 'j-2');
  job('by its message', { kind: 'echo', payload: 1 }, 'nonce-1');
  job(
    'by its key',
    { kind: 'echo', source: 'shop', idempotencyKey: 'order-1' },
    'key-e2b81fda185bc2e8206b74a5cadb2ef8',
  );
  job(
    'a group beyond ASCII',
    { id: 'j-2', kind: 'echo', group: 'größe ✓' },
    'defe7d8ae3594d074491f398212880db50b8fd11797cfc912968885a916fcb18',
  );
  job(
    'all that the mesh adds',
    {
      id: 'j-1.1',
      kind: 'echo',
      parentId: 'j-1',
      correlationId: 'c-1',
      depth: 2,
      payloadRef: { sha256: 'ab'.repeat(32), bytes: 200_000 },
      chain: { id: 'j-1', depth: 1, siblings: { first: 'j-1.1.ab' } },
      cost: {
        from: 'parent',
        amount: '900719925474099267',
        draw: { payer: 'alice', unit: 'CRD', hold: 'h-2', of: 'h-1', until: T },
      },
    },
    'j-1.1',
  );
  job(
    'with a budget',
    { id: 'j-2', kind: 'echo', cost: { payer: 'alice', amount: 5, budget: '95' } },
    'j-2',
  );
  writes('job: not checked', () => sent(uncheckedMessageOf('{"kind":', 'nonce-1')));
});

describe('jobs that the table lets go', () => {
  const held = { id: 'j-1', kind: 'echo', priority: 'normal', group: 'g-1' };
  const envelope: Envelope = { id: 'j-1', kind: 'echo' };
  const released = (shape: string, record: Parameters<typeof releaseOf>[0], value: object) =>
    keeps(
      `released: ${shape}`,
      () => sent(releaseOf(record, bodyOf(envelope), 'due:5')),
      received,
      {
        group: 'g-1',
        messageGroup: undefined,
        traceHeader: undefined,
        envelope,
        ...value,
      },
    );
  released('its time has come', held, { released: 'j-1' });
  released(
    'put back by hand, with a trace',
    { ...held, generation: 2, traceHeader: TRACE },
    { released: 'j-1', traceHeader: TRACE },
  );
  released('an id beyond ASCII', { ...held, id: 'größe ✓' }, { released: 'größe ✓' });
  released(
    'it keeps its place',
    { ...held, group: '"größe"', place: { after: 'j-0' } },
    {
      released: 'j-1',
      group: '"größe"',
      messageGroup: 'e1c6143970112304cab7a18bf521a39273e65518a456232cfde94dfa7bc6ea6b',
    },
  );
});

const RECORD: JobRecord = {
  id: 'j-1',
  kind: 'echo',
  status: 'COMPLETED',
  attempt: 2,
  createdAt: T,
  updatedAt: T + 5,
  messageId: 'm-1',
  priority: 'normal',
  group: 'g-1',
  source: 'shop',
  contentHash: 'ab',
  history: [],
};
const END: JobRecord = {
  ...RECORD,
  missionId: 'mission-1',
  taskId: 'task-1',
  parentId: 'j-0',
  correlationId: 'c-1',
  generation: 1,
  callback: 'https://example.com/done',
  result: '{"text":"größer ✓","n":1.5}',
};
const DEAD: JobRecord = {
  ...RECORD,
  status: 'DEAD',
  error: { code: 'E_TEST', message: 'größer ✓', attempt: 2, at: T, stack: 'at x' },
};

describe('ends of jobs', () => {
  const announced = async (record: JobRecord, occasion?: string) => {
    const messages: unknown[] = [];
    const queue = createAnnouncements(sqsOf(messages), queueOf('results'), occasion);
    await queue.announce([record]);
    return messages;
  };
  const readEnd = ([wire]: readonly [Wire]) => announcementOf(recordOf(wire));
  keeps('announcement', () => announced(RECORD), readEnd, { id: 'j-1', generation: 0 });
  keeps('announcement once more', () => announced(END, 'replay-1'), readEnd, {
    id: 'j-1',
    generation: 1,
  });
});

describe('charges', () => {
  const cost = { payer: 'alice', unit: 'CRD', amount: '900719925474099267' };
  const settlement = { hold: 'h-1', final: true, payee: 'host:berlin-1', marginPpm: 100_000 };
  const shares = { amounts: ['20', '10'], until: T + 9 };
  const draw = { hold: 'h-2', of: 'h-1', until: T + 5 };
  const id = `job:j-1:${T}:0`;
  const amount = 900_719_925_474_099_267n;
  const { hold, ...due } = settlement;
  const charge = (shape: string, record: JobRecord, value: object) =>
    keeps(
      `charge: ${shape}`,
      async () => {
        const messages: unknown[] = [];
        await createCharges(sqsOf(messages), queueOf('postings')).send([record]);
        return messages;
      },
      ([{ MessageBody }]: readonly [Wire]) => chargeIn(MessageBody),
      { id, unit: 'CRD', payer: 'alice', amount, ...value },
    );
  charge('paid', { ...RECORD, cost, settlement }, { hold, due });
  charge(
    'paid to a host, and shared with children',
    { ...RECORD, cost, settlement: { ...settlement, amount: '70', shares } },
    { hold, amount: 100n, due: { ...due, shares } },
  );
  charge('given back', { ...DEAD, cost }, { hold: `${id}:hold` });
  charge('given back to a parent', { ...DEAD, cost: { ...cost, draw } }, { hold: 'h-2', draw });
});

/** What an HTTP request says; the rest of it is ours. */
const requestOf = async (
  work: (http: { request(request: HttpRequest): Promise<never> }) => Promise<unknown>,
): Promise<unknown> => {
  const requests: object[] = [];
  const request = ({ url, method, headers, body }: HttpRequest) => {
    requests.push({ url, method, headers, body });
    return Promise.resolve({ status: 200, headers: {}, body: '{"result":1}', truncated: false });
  };
  await work({ request: request as unknown as (given: HttpRequest) => Promise<never> });
  return requests[0];
};

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const isSigned = ({ headers, body }: Request, secret: string): boolean =>
  verifySignature(headers, { secret, body }, T);

const [NEW, OLD, OTHER] = ['new', 'old', 'other'].map(
  (text) => `whsec_${Buffer.from(text.repeat(8)).toString('base64')}`,
) as [string, string, string];

describe('callbacks', () => {
  writes('callback body: completed', () => callbackBody(END, { text: 'größer ✓' }));
  writes('callback body: dead', () => callbackBody(DEAD, undefined));
  writes('callback body: the result is too large', () =>
    callbackBody({ ...END, resultRef: 'results/a/b.json' }, undefined),
  );
  keeps(
    'signature by two secrets',
    () => signedHeaders([NEW, OLD], 'j-1:0', '{"a":"ü"}', T + 999),
    (headers: Request['headers']) =>
      [NEW, OLD, OTHER].map((secret) => verifySignature(headers, { secret, body: '{"a":"ü"}' }, T)),
    [true, true, false],
  );
  keeps(
    'callback',
    () =>
      requestOf((http) =>
        reportEnd({ id: 'größe', generation: 1 }, T, 1, {
          http,
          clock,
          random: { next: () => 0 },
          logger: console,
          store: { get: () => Promise.resolve({ ...END, id: 'größe' }) },
          blobs: { put: () => Promise.resolve(), get: () => Promise.resolve(undefined) },
          secrets: { callback: () => Promise.resolve([NEW]) },
          log: {
            add: () => Promise.resolve(),
            get: () => Promise.resolve(undefined),
            failed: () => Promise.resolve([]),
          },
        }),
      ),
    (request: Request) => isSigned(request, NEW),
    true,
  );
});

describe('calls to hosts', () => {
  const host = { id: 'berlin-1', endpoint: 'https://berlin.example' } as Host;
  const order = {
    jobId: 'j-1',
    idempotencyKey: 'j-1:1',
    kind: 'render',
    input: { text: 'größer ✓' },
    attempt: 2,
    deadline: T + 60_000,
    traceHeader: TRACE,
  };
  keeps(
    'order to a host',
    () =>
      requestOf((http) => {
        const secrets = { current: () => Promise.resolve([NEW, OLD]) };
        const call = createHostCall({ http, secrets, clock });
        return call(host, order, new AbortController().signal);
      }),
    (request: Request) => ({
      order: v.parse(runSchema, JSON.parse(request.body)),
      isSigned: isSigned(request, OLD),
    }),
    {
      order: { jobId: 'j-1:1', kind: 'render', attempt: 2, input: { text: 'größer ✓' } },
      isSigned: true,
    },
  );
});

describe('schedules', () => {
  const draft: ScheduleDraft = {
    name: 'nightly',
    expression: 'cron(0 3 * * ? *)',
    timezone: 'Europe/Berlin',
    overlap: 'skip',
    body: '{"kind":"echo","payload":{"text":"größer ✓"},"priority":"low"}',
  };
  const made = async () => {
    let request: object = {};
    const client = schedulerOf(({ action, input }) => {
      request = { action, input: { ...input, ClientToken: undefined } };
      return { ScheduleArn: 'arn' };
    });
    const schedules = createSchedules({
      client,
      group: 'sheratan',
      roleArn: 'arn:role',
      deadLetterArn: 'arn:dead',
    });
    await addSchedule(draft, false, { schedules, kinds, queueUrls: QUEUES, clock });
    return JSON.parse(JSON.stringify(request));
  };
  interface Made {
    readonly input: { readonly Target: { readonly Input: string } };
  }
  keeps(
    'schedule',
    made,
    ({ input }: Made) => {
      const { MessageBody } = JSON.parse(input.Target.Input) as Wire;
      const tick = parseEnvelope(MessageBody.replaceAll(TICK_TIME, '2026-09-21T03:00:00Z'), kinds);
      return { tick: tickOf(input.Target.Input), envelope: tick.ok && tick.value.envelope };
    },
    {
      tick: { kind: 'echo', priority: 'low', overlap: 'skip' },
      envelope: {
        group: 'schedule:nightly',
        missionId: 'schedule:nightly',
        kind: 'echo',
        payload: { text: 'größer ✓' },
        priority: 'low',
        idempotencyKey: 'schedule:nightly:2026-09-21T03:00:00Z',
        schedule: { name: 'nightly', at: '2026-09-21T03:00:00Z', overlap: 'skip' },
      },
    },
  );
});

describe('messages.jsonl', () => isWhole());
