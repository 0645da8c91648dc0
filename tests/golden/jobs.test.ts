/**
 * What the Jobs table holds, as it is on the wire. `jobs.jsonl` has been written once: every deployed
 * table has such items, so its lines are never changed. A new shape, or a new form of an old shape,
 * gets a line of its own (the failing test prints the line); the line of an old form stays, with
 * `reads` for it, for as long as somebody may have such items.
 */
import { describe } from 'vitest';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { type Control, INITIAL } from '#shared/control/state.ts';
import { createChainStore } from '#shared/jobs/dynamo/chainStore.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { createPastSteps } from '#shared/jobs/dynamo/pastSteps.ts';
import { createTicks } from '#shared/jobs/dynamo/scheduleTicks.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import { streamedChanges } from '#shared/jobs/dynamo/streamed.ts';
import type { ClaimRequest, JobFacts } from '#shared/jobs/record/claimOutcome.ts';
import { received, unparked } from '#shared/jobs/record/messageTransitions.ts';
import {
  quarantined,
  scheduled,
  tombstone,
  unheard,
  waiting,
} from '#shared/jobs/record/newRecord.ts';
import { redriven, resumed, skipped } from '#shared/jobs/record/operatorTransitions.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { suspended } from '#shared/jobs/record/suspension.ts';
import {
  cancelled,
  completed,
  dead,
  dueKey,
  limited,
  parked,
  postponed,
  retrying,
  type Transition,
} from '#shared/jobs/record/transitions.ts';
import { golden } from '../support/golden.ts';
import { type PaperTable, paperTable, type WireItem } from '../support/paperTable.ts';

const { writes, reads, keeps, isWhole } = golden('jobs');

const T = 1_790_000_000_000;

const FACTS = {
  id: 'j-1',
  kind: 'echo',
  messageId: 'm-1',
  priority: 'high',
  group: 'g-1',
  source: 'shop',
  contentHash: '0123456789abcdef0123456789abcdef',
  createdAt: T,
} as const satisfies JobFacts;

const ALL_FACTS = {
  ...FACTS,
  missionId: 'mission-1',
  taskId: 'task-1',
  parentId: 'j-0',
  dependsOn: ['j-2', 'j-3'],
  correlationId: 'c-1',
  callback: 'https://example.com/done',
  schedule: 'nightly',
  cost: {
    payer: 'alice',
    unit: 'CRD',
    amount: '900719925474099267',
    draw: { hold: 'h-2', of: 'h-1', until: T + 5 },
  },
  options: { priority: 'a1b2c3', group: 'd4e5f6' },
  traceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793',
} as const satisfies JobFacts;

const CLAIM: ClaimRequest = {
  ...FACTS,
  now: T + 1_000,
  leaseId: 'lease-1',
  leaseUntil: T + 61_000,
  attemptsMax: 3,
  by: 'request-1',
  fresh: true,
  beside: 0,
};

const LEASE = { id: 'j-1', attempt: 1, leaseId: 'lease-1' } as const;
const ERROR = { code: 'E_TEST', message: 'größer ✓', attempt: 1, at: T + 2_000, stack: 'at x' };
const RECEIPT = { queueUrl: 'https://sqs.example/normal.fifo', handle: 'receipt-1' };

/** As a row is once it is claimed. */
const RUNNING: JobRecord = {
  ...FACTS,
  status: 'RUNNING',
  attempt: 1,
  updatedAt: T + 1_000,
  leaseId: 'lease-1',
  leaseUntil: T + 61_000,
  history: [{ at: T + 1_000, event: 'claimed', by: 'request-1' }],
};

/** What is in the table after `work`. */
const kept = async (
  work: (table: PaperTable) => Promise<unknown>,
  ...before: readonly WireItem[]
): Promise<readonly WireItem[]> => {
  const table = paperTable(...before);
  await work(table);
  return table.items();
};

const claimed = (request: ClaimRequest = CLAIM) =>
  kept((table) => createJobStore(table).claim(request));

const readJob = (stored: readonly WireItem[]) => createJobStore(paperTable(...stored)).get('j-1');

/** The record after the transition, as the rules see it. */
const asAfter = (record: JobRecord, { to, set, remove }: Transition): JobRecord => {
  const next = { ...record, ...set, status: to };
  const gone: readonly string[] = remove.filter((field) => !(field in set));
  return Object.fromEntries(
    Object.entries(next).filter(([field, value]) => value !== undefined && !gone.includes(field)),
  ) as unknown as JobRecord;
};

describe('a job that is made', () => {
  const made = (shape: string, record: JobRecord) =>
    keeps(shape, () => kept((table) => createJobStore(table).create(record)), readJob, record);
  const at = T + 86_400_000;
  const body = '{"id":"j-1","kind":"echo"}';
  made('SCHEDULED', scheduled(FACTS, T, { dueAt: at, receipt: RECEIPT }));
  made(
    'SCHEDULED, parked in the table',
    scheduled(FACTS, T, { dueAt: at, due: dueKey('j-1'), envelope: body }),
  );
  made(
    'SCHEDULED with every fact, its place kept',
    scheduled(
      ALL_FACTS,
      T,
      { dueAt: at, due: dueKey('j-1'), envelopeRef: 'raw/a/b', place: { after: 'j-0' } },
      { event: 'parked', note: 'paused' },
    ),
  );
  made('LIMITED', scheduled(FACTS, T, { dueAt: at }, { event: 'limited' }));
  made(
    'WAITING',
    waiting(FACTS, T, {
      deadline: at,
      dependencies: ['j-2', 'j-3'],
      onDependencyFailure: 'run',
      notBefore: T + 5_000,
      envelope: body,
    }),
  );
  made('CANCELLED before any attempt', unheard(FACTS, T, 'schedule nightly', 'skipped: overlap'));
  made('CANCELLED before any message', tombstone('j-1', T, 'ann', 'a mistake'));
  made(
    'QUARANTINED',
    quarantined(
      {
        id: 'j-1',
        messageId: 'm-1',
        priority: 'low',
        group: 'g-1',
        createdAt: T,
        kind: 'echo',
        source: 'shop',
        missionId: 'mission-1',
      },
      T,
      { code: 'NOT_JSON', message: 'not JSON', attempt: 0, at: T },
      { envelope: '{"kind":' },
    ),
  );
});

describe('a job that runs', () => {
  keeps('RUNNING', () => claimed(), readJob, RUNNING);
  keeps(
    'RUNNING with every fact, beside others',
    () => claimed({ ...CLAIM, ...ALL_FACTS, beside: 2 }),
    readJob,
    {
      ...RUNNING,
      ...ALL_FACTS,
      history: [{ at: T + 1_000, event: 'claimed', by: 'request-1', beside: 2 }],
    },
  );
  const told = {
    leaseUntil: T + 90_000,
    progress: { fraction: 0.25, note: 'a quarter', at: T + 3_000 },
    cancelRequest: { at: T + 4_000, by: 'ann', reason: 'enough' },
    host: 'berlin-1',
  };
  keeps(
    'RUNNING, with what was told meanwhile',
    async () => kept((table) => createJobStore(table).amend(LEASE, told), ...(await claimed())),
    readJob,
    { ...RUNNING, ...told },
  );
  keeps(
    'RUNNING again after it was lost',
    async () => {
      const over = { leaseId: 'lease-1', attempt: 2 };
      const again = {
        ...CLAIM,
        now: T + 99_000,
        leaseId: 'lease-2',
        leaseUntil: T + 159_000,
        over,
      };
      return kept((table) => createJobStore(table).claim(again), ...(await claimed()));
    },
    readJob,
    {
      ...RUNNING,
      attempt: 2,
      updatedAt: T + 99_000,
      leaseId: 'lease-2',
      leaseUntil: T + 159_000,
      history: [...RUNNING.history, { at: T + 99_000, event: 'claimed', by: 'request-1' }],
    },
  );
  const repeat = { at: T + 7, messageId: 'm-2', code: 'REPEATED', options: ['group'] } as const;
  const taken = { at: T + 9, messageId: 'm-3', code: 'ID_TAKEN' } as const;
  keeps(
    'RUNNING, another message under its id',
    async () =>
      kept(
        async (table) => {
          await createJobStore(table).note('j-1', repeat);
          await createJobStore(table).note('j-1', taken);
        },
        ...(await claimed()),
      ),
    readJob,
    { ...RUNNING, repeats: [repeat, taken] },
  );
});

describe('a job after an attempt', () => {
  const ended = (shape: string, change: Transition) =>
    keeps(
      shape,
      async () =>
        kept((table) => createJobStore(table).transition(LEASE, change), ...(await claimed())),
      readJob,
      asAfter(RUNNING, change),
    );
  const now = T + 2_000;
  const settlement = {
    hold: 'h-1',
    final: true,
    payee: 'host:berlin-1',
    marginPpm: 100_000,
    amount: '70',
    shares: { amounts: ['20', '10'], until: T + 9_000 },
  };
  ended('COMPLETED', completed(RUNNING, now, {}));
  const raced: JobRecord = {
    ...RUNNING,
    wait: {
      for: [{ op: 'call', name: 'slow', job: 'j-1.slow', race: 'first' }],
      seq: 1,
      in: 'table',
      wakers: ['job j-1.slow'],
    },
  };
  ended('COMPLETED after a race of called jobs', completed(raced, now, {}));
  ended(
    'WAITING for a job that it called, and pays',
    suspended(
      RUNNING,
      now,
      { for: [{ op: 'call', name: 'tool', job: 'j-1.tool' }], past: { nap: T + 1 } },
      { held: { dueAt: T + 9, receipt: RECEIPT }, until: T + 9, in: 'queue', letsGo: false },
      { calls: '[{"kind":"echo"}]', shares: { amounts: ['5'], until: T + 9 } },
    ),
  );
  ended(
    'COMPLETED with result, children and price',
    completed(
      RUNNING,
      now,
      { result: '{"n":1.10}', children: '[{"id":"j-1.1","kind":"echo"}]', settlement },
      'b (echo): repeat_detected',
    ),
  );
  ended(
    'COMPLETED with result and children in the bucket',
    completed(RUNNING, now, { resultRef: 'results/a/b.json', childrenRef: 'children/a/b.json' }),
  );
  ended('RETRYING', retrying(RUNNING, now, ERROR, { dueAt: T + 60_000, receipt: RECEIPT }));
  ended('SCHEDULED after a snooze', postponed(RUNNING, now, 'snoozed', { dueAt: now }, 'not yet'));
  ended('SCHEDULED after an interruption', postponed(RUNNING, now, 'interrupted', { dueAt: now }));
  ended('LIMITED after its claim', limited(RUNNING, now, { dueAt: T + 60_000 }));
  ended('SCHEDULED after its claim', parked(RUNNING, now, { dueAt: now, due: '0' }, 'paused'));
  ended('DEAD', dead(RUNNING, now, ERROR, { envelope: '{"kind":"echo"}' }));
  ended(
    'DEAD, it waits for a person without a message',
    dead(RUNNING, now, ERROR, { envelope: '{"kind":"echo"}' }, true),
  );
  ended(
    'DEAD, it holds its group',
    dead(RUNNING, now, ERROR, { envelopeRef: 'raw/a/b', receipt: RECEIPT }),
  );
  ended('CANCELLED', cancelled(RUNNING, now, { by: 'ann', reason: 'enough' }));
});

describe('a job that people or the mesh change while nobody runs it', () => {
  const halted = dead(RUNNING, T + 2_000, ERROR, { envelope: '{}', receipt: RECEIPT });
  const changed = (shape: string, before: Transition, decide: (seen: JobRecord) => Transition) => {
    const seen = asAfter(RUNNING, before);
    keeps(
      shape,
      async () => {
        const there = await claimed();
        return kept(
          async (table) => {
            const store = createJobStore(table);
            await store.transition(LEASE, before);
            await store.change(seen, decide(seen));
          },
          ...there,
        );
      },
      readJob,
      asAfter(seen, decide(seen)),
    );
  };
  const now = T + 3_000;
  const buried = dead(RUNNING, T + 2_000, ERROR, { envelope: '{"kind":"echo"}' });
  const dueAt = T + 60_000;
  const inQueue = retrying(RUNNING, T + 2_000, ERROR, { dueAt, receipt: RECEIPT });
  const inTable = retrying(RUNNING, T + 2_000, ERROR, { dueAt, due: '3', envelope: '{}' });
  changed('DEAD, it lets its group go', halted, (seen) => skipped(seen, now, { by: 'ann' }));
  changed('RETRYING where it stands', halted, (seen) => resumed(seen, now, { by: 'ann' }));
  const again = { by: 'ann', dueAt: now, contentHash: 'f'.repeat(32), kind: 'echo' };
  changed('SCHEDULED, put back by hand', buried, (seen) =>
    redriven(seen, now, { ...again, patched: true, dependencies: 0, envelope: '{"kind":"echo"}' }),
  );
  changed('WAITING, put back by hand', buried, (seen) =>
    redriven(seen, now, { ...again, patched: false, dependencies: 2 }),
  );
  changed('RETRYING, its message received again', inQueue, (seen) =>
    received(seen, now, { ...RECEIPT, handle: 'receipt-2' }),
  );
  changed('RETRYING, its message on its way', inTable, (seen) => unparked(seen, now));
});

describe('the stream of the table', () => {
  const told = (stored: readonly WireItem[]) =>
    streamedChanges({
      Records: stored.map((NewImage) => ({
        dynamodb: { SequenceNumber: '1', NewImage: NewImage as never },
      })),
    });
  const done = asAfter(RUNNING, completed(RUNNING, T + 2_000, {}));
  const nothing = {
    sequence: '1',
    ended: undefined,
    calling: undefined,
    dropping: undefined,
    signalled: undefined,
  };
  reads('COMPLETED', told, [{ ...nothing, ended: done }]);
  reads('RUNNING', told, [nothing]);
});

describe('what is kept of steps', () => {
  const owner = { id: 'j-1', messageId: 'm-1', generation: 0, since: T - 1, expiresAt: T / 1_000 };
  const step = {
    name: 'charge',
    op: 'step',
    at: T,
    tookMs: 12,
    tries: 2,
    undo: true,
    result: '{"id":"ch-1"}',
    past: { 'cooling off': T - 1 },
  } as const;
  const read = async (stored: readonly WireItem[]) =>
    createStepStore(paperTable(...stored)).read(owner);
  keeps('step', () => kept((table) => createStepStore(table).keep(owner, step)), read, {
    steps: [step],
    arrivals: [],
  });
  const failed = {
    name: 'label',
    op: 'call',
    at: T,
    tookMs: 12,
    tries: 1,
    job: 'j-1.label',
    error: { code: 'EMPTY', message: 'no paper' },
  } as const;
  keeps(
    'step that failed',
    () => kept((table) => createStepStore(table).keep(owner, failed)),
    read,
    {
      steps: [failed],
      arrivals: [],
    },
  );
  const signal = { name: 'approval', id: 's-1', data: '{"by":"ada"}', at: T, by: 'ada' };
  keeps(
    'signal',
    () => kept((table) => createSignalStore(table, createJobStore(table)).send('j-1', signal)),
    read,
    { steps: [], arrivals: [{ kind: 'signal', signal }] },
  );
  keeps(
    'timeout of a wait for a signal',
    () => kept((table) => createStepStore(table).timeOut(owner, 'approval', T)),
    read,
    { steps: [], arrivals: [{ kind: 'timeout', name: 'approval', at: T }] },
  );
});

describe('who waits for whom', () => {
  const edge = { dependency: 'j-2', dependant: 'j-1', ordinal: 1, onFailure: 'run' } as const;
  keeps(
    'edge',
    () => kept((table) => createFlowStore(table).addEdges([edge], 1_790_000_100)),
    (stored: readonly WireItem[]) => createFlowStore(paperTable(...stored)).edgesOf('j-2'),
    [edge],
  );
  writes('a job that others wait for', async () =>
    kept((table) => createFlowStore(table).awaitEnd('j-1', 1_790_000_100), ...(await claimed())),
  );
  keeps(
    'WAITING, one dependency struck off',
    () =>
      kept(async (table) => {
        const wait = { deadline: T, dependencies: ['a', 'b', 'c'], onDependencyFailure: 'fail' };
        await createJobStore(table).create(
          waiting(FACTS, T, { ...wait, notBefore: undefined } as Parameters<typeof waiting>[2]),
        );
        await createFlowStore(table).fulfil('j-1', [1]);
      }),
    async (stored: readonly WireItem[]) => (await readJob(stored))?.pending,
    new Set([0, 2]),
  );
});

describe('what is kept beside jobs', () => {
  const tried = { at: T, state: 'PENDING', detail: 'HTTP 503', tookMs: 12 } as const;
  const failed = { at: T + 1, state: 'FAILED', detail: 'HTTP 410', tookMs: 3 } as const;
  const job = { ...RUNNING, callback: 'https://example.com/done' };
  const readDeliveries = (stored: readonly WireItem[]) =>
    createDeliveryLog(paperTable(...stored)).get('j-1');
  const common = { pk: 'JOB#j-1', sk: 'DELIVERY', id: 'j-1', url: job.callback };
  keeps(
    'delivery log of a callback that is tried again',
    () => kept((table) => createDeliveryLog(table).add(job, tried, T + 10_000)),
    readDeliveries,
    {
      ...common,
      state: 'PENDING',
      count: 1,
      nextAt: T + 10_000,
      updatedAt: T,
      expiresAt: 1_791_209_600,
      tries: [{ ...tried, nextAt: T + 10_000 }],
    },
  );
  const PAST = { at: T, event: 'dispatch_job', text: 'ROUTE success', source: '{}' };
  keeps(
    'decision of another system',
    () =>
      kept((table) =>
        createPastSteps(table).keep([{ jobId: 'j-1', key: 'ab', ...PAST }], 1_791_209_600),
      ),
    (stored: readonly WireItem[]) => createPastSteps(paperTable(...stored)).of('j-1'),
    [{ at: T, event: 'dispatch_job', text: 'ROUTE success' }],
  );
  keeps(
    'delivery log of a callback that is given up',
    () => kept((table) => createDeliveryLog(table).add(job, failed, undefined)),
    readDeliveries,
    {
      ...common,
      state: 'FAILED',
      count: 1,
      attention: 'CALLBACK_FAILED',
      updatedAt: T + 1,
      expiresAt: 1_791_209_600,
      tries: [failed],
    },
  );
  const fault = { id: 'j-1', messageId: 'm-1', code: 'E', message: 'down', at: T, receives: 4 };
  keeps(
    'fault that kept a job undecided',
    () => kept((table) => createFaultLog(table).note(fault)),
    (stored: readonly WireItem[]) => createFaultLog(paperTable(...stored)).get('j-1'),
    fault,
  );
  const chain = {
    id: 'c-1',
    startedAt: T,
    jobs: 1,
    hashes: ['ab'],
    version: 1,
    decisions: { 'j-1': ['accepted', 'repeat_detected'] },
  } as const;
  keeps(
    'chain',
    () => kept((table) => createChainStore(table).put(chain)),
    (stored: readonly WireItem[]) => createChainStore(paperTable(...stored)).get('c-1'),
    chain,
  );
  const tick = { jobId: 'key-1', at: T };
  keeps(
    'last tick of a schedule',
    () => kept((table) => createTicks(table).advance('nightly', undefined, tick)),
    async (stored: readonly WireItem[]) => {
      const { jobId, at } = (await createTicks(paperTable(...stored)).last('nightly')) ?? {};
      return { jobId, at };
    },
    tick,
  );
  for (const [shape, hold] of [
    ['hold of a group', { last: 'j-1', since: T }],
    ['hold of a group with one before', { last: 'j-1', before: 'j-0', since: T }],
  ] as const)
    keeps(
      shape,
      () => kept((table) => createGroupHalts(table).put('high', 'g-1', undefined, hold)),
      (stored: readonly WireItem[]) => createGroupHalts(paperTable(...stored)).get('high', 'g-1'),
      hold,
    );
});

describe('what sources use of their limits', () => {
  const limiterOf = (table: PaperTable) =>
    createLimiter({ ...table, random: { next: () => 0 }, clock: { now: () => T } });
  const busy: WireItem = {
    pk: { S: 'LIMIT#shop' },
    sk: { S: 'RATE' },
    tat: { N: String(T + 1_000) },
  };
  writes('rate of a source', () =>
    kept((table) => limiterOf(table).reserve('shop', { perMinute: 60, burst: 1 }, T), busy),
  );
  const empty: WireItem = { pk: { S: 'LIMIT#shop' }, sk: { S: 'SLOTS' }, held: { M: {} } };
  const until = T + 60_000;
  const enter = (table: PaperTable, id: string, limit: number) =>
    limiterOf(table).enter('shop', limit, id, until);
  writes('slots of a source', () => kept((table) => enter(table, 'j-1', 2), empty));
  writes('slots of a source, all free again', () =>
    kept(async (table) => {
      const slot = await enter(table, 'j-1', 2);
      if (slot) await limiterOf(table).leave(slot, 'any');
    }, empty),
  );
  const second: WireItem = { ...empty, pk: { S: 'SLOTS#1#shop' } };
  const spread: WireItem = { pk: { S: 'SLOTS' }, sk: { S: 'SPREAD' }, spreadAt: { N: '1' } };
  writes('slots of a source, the second item, and from when on there may be one', () =>
    kept((table) => enter(table, 'j.3', 32), spread, second),
  );
  writes('from when on slots may be in several items', () =>
    kept((table) => enter(table, 'j-1', 32), empty),
  );
});

describe('the state of the system', () => {
  const control: Control = {
    ...INITIAL,
    state: 'DEGRADED',
    since: T,
    version: 3,
    pausedQueues: ['low'],
    pausedSources: ['shop'],
    limits: { shop: { perMinute: 60, burst: 5, concurrency: 2 }, free: {} },
    groupsHeldUntil: T + 5,
  };
  const event = {
    at: T,
    actor: 'ann',
    reason: 'slow',
    what: 'system',
    from: 'OPERATIONAL',
    to: 'DEGRADED',
  };
  keeps(
    'control item and its event',
    () => kept((table) => createControlStore(table).put(control, event)),
    async (stored: readonly WireItem[]) => {
      const [state = {}, told = {}] = stored;
      return [
        await createControlStore(paperTable(state)).get(),
        await createControlStore(paperTable(told)).events(1),
      ];
    },
    [control, [event]],
  );
  keeps(
    'control item before anybody decided anything',
    () => kept((table) => createGroupHalts(table).announce(T)),
    (stored: readonly WireItem[]) => createControlStore(paperTable(...stored)).get(),
    { ...INITIAL, groupsHeldUntil: T },
  );
});

describe('jobs.jsonl', () => isWhole());
