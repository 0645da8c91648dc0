import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { kindsAt } from '#cli/input/check.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { groupOf } from '#shared/jobs/envelope/message.ts';
import { defineJob, type JobContext, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { cancelJob } from '#shared/jobs/operator/cancel.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { retryFrom } from '#shared/jobs/operator/retryFrom.ts';
import type { Delivery } from '#shared/jobs/ports/jobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import type { SignalOutcome } from '#shared/jobs/steps/kept.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

/** What was done, in the order in which it was done. */
const done: string[] = [];
const did = <T>(what: string, result: T): T => {
  done.push(what);
  return result;
};

const order = defineJob({
  kind: 'order',
  payload: v.object({ seconds: v.number() }),
  run: async ({ seconds }, { step, sleep, jobId }) => {
    done.push(`run ${jobId}`);
    const paid = await step('charge', () => did('charge', { at: new Date(0) }));
    await sleep('cooling off', { seconds });
    const sent = await step('ship', () => did('ship', 'label'));
    await sleep('settling', { seconds });
    return { paid, sent };
  },
});

const Approval = v.object({ by: v.string() });

const ask = (kind: string, onWait: 'hold' | 'release') =>
  defineJob({
    kind,
    onWait,
    payload: v.object({ hours: v.number() }),
    run: async ({ hours }, { waitFor, jobId }) => {
      done.push(`run ${jobId}`);
      const timeout = { hours };
      const answer = waitFor('approval', { timeout, schema: Approval });
      const by = await answer.then(
        (approval) => approval.by,
        (error: { code: string }) => error.code,
      );
      return did(`${jobId}: ${by}`, by);
    },
  });

const label = defineJob({
  kind: 'label',
  payload: v.object({ order: v.string(), fails: v.boolean() }),
  run: ({ order, fails }) =>
    fails
      ? Promise.reject(new PermanentError('no paper', { code: 'EMPTY' }))
      : Promise.resolve({ label: order }),
});

const caller = defineJob({
  kind: 'caller',
  payload: v.object({ fails: v.boolean() }),
  run: ({ fails }, { call, jobId }) => call(label, { order: jobId, fails }),
});

const patron = defineJob({
  kind: 'patron',
  payload: v.unknown(),
  run: async (_payload, { step, call, jobId }) => {
    await step('seat', () => did('seat', 1), { compensate: () => did('back', null) });
    return call(label, { order: jobId, fails: false });
  },
});

/** A call against time; the time wins, and the job goes on, or ends. */
const hurried = defineJob({
  kind: 'hurried',
  payload: v.object({ ends: v.picklist(['at once', 'after a nap', 'dead']) }),
  run: async ({ ends }, { call, race, sleep, jobId }) => {
    const { winner } = await race('first', {
      call: () => call(label, { order: jobId, fails: false }),
      late: () => sleep('patience', { hours: 1 }),
    });
    if (ends === 'after a nap') await sleep('nap', { hours: 1 });
    if (ends === 'dead') throw new PermanentError('no use');
    return winner;
  },
});

/** Reserves, then fails; or waits in between. Each step can be taken back. */
const trip = defineJob({
  kind: 'trip',
  payload: v.object({ waits: v.boolean(), stuck: v.optional(v.boolean(), false) }),
  retry: { maxAttempts: 2, baseSeconds: 0, jitter: 'none' },
  run: async ({ waits, stuck }, { step, sleep, waitFor }) => {
    const once = { retry: { maxAttempts: 1 } };
    const back = (what: string) => ({
      ...once,
      compensate: (result: string) => did(`back ${what} ${result}`, null),
    });
    await step('flight', () => did('flight', 'f1'), back('flight'));
    await sleep('night', { hours: 1 });
    await step('hotel', () => did('hotel', 'h1'), {
      ...back('hotel'),
      ...(stuck && { compensate: () => Promise.reject(new PermanentError('full')) }),
    });
    if (waits) await waitFor('payment');
    await step('pay', () => Promise.reject(new PermanentError('declined', { code: 'CARD' })));
  },
});

/** What the program of kind `versioned` is at the moment. */
let program: (context: JobContext) => Promise<unknown> = () => Promise.resolve();
const versioned = (kind: string, onChange: 'continue' | 'fail') =>
  defineJob({
    kind,
    version: 1,
    onChange,
    payload: v.unknown(),
    run: (_payload, context) => program(context),
  });

const KINDS = [
  ...[
    order,
    ask('ask', 'hold'),
    ask('ask.freely', 'release'),
    label,
    caller,
    patron,
    hurried,
    trip,
  ],
  ...[versioned('lenient', 'continue'), versioned('strict', 'fail')],
];

let worker: TestWorker;
beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kindsOf(KINDS));
});
afterAll(() => worker.stop());

describe('a job that sleeps between its steps', () => {
  it.each([
    ['with its message in the queue', 600],
    ['without a message', 86_400],
  ])('goes on where it stopped, %s', async (how, seconds) => {
    const id = `order ${how}`;
    done.length = 0;
    await worker.send({ kind: 'order', id, payload: { seconds } }, id.replaceAll(' ', '-'));
    for (const sleeps of ['cooling off', 'settling']) {
      const report = await worker.step();
      expect(report.dispositions).toMatchObject([{ as: 'waiting', id }]);
      const row = await worker.store.get(id);
      expect(row).toMatchObject({ status: 'WAITING', attempt: 0 });
      expect(row?.history.at(-1)).toMatchObject({ event: 'waiting', note: `sleep "${sleeps}"` });
      worker.clock.advance(seconds * 1_000);
      await worker.tick();
      await worker.ripen();
    }
    await worker.drain();
    const row = await worker.store.get(id);
    expect(row).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(JSON.parse(row?.result ?? '')).toEqual({
      paid: { at: '1970-01-01T00:00:00.000Z' },
      sent: 'label',
    });
    expect(done).toEqual([`run ${id}`, 'charge', `run ${id}`, 'ship', `run ${id}`]);
  });
});

describe('steps of an earlier job with the same id', () => {
  it('count for nothing', async () => {
    const id = 'again';
    const { client, table } = worker.table;
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `JOB#${id}`, sk: 'STEP#charge' },
        UpdateExpression: 'SET #of = :of, #result = :result',
        ExpressionAttributeNames: { '#of': 'of', '#result': 'result' },
        ExpressionAttributeValues: { ':of': 'another message', ':result': '"wrong"' },
      }),
    );
    await worker.send({ kind: 'order', id, payload: { seconds: 0 } }, id);
    await worker.drain();
    const row = await worker.store.get(id);
    expect(JSON.parse(row?.result ?? '')).toMatchObject({ paid: { at: expect.any(String) } });
  });
});

/** Sends a signal, and has the relay hear of it. */
const signal = async (
  id: string,
  data: unknown,
  signalId = 'first',
  relayed = true,
): Promise<SignalOutcome> => {
  const at = worker.clock.now();
  const sent = { name: 'approval', id: signalId, data: JSON.stringify(data), at, by: 'ada' };
  const outcome = await createSignalStore(worker.table, worker.store).send(id, sent);
  const signalled = [{ id, name: 'approval', signalId }];
  if (outcome.kind === 'kept' && relayed) await worker.tell({ signalled });
  return outcome;
};

const statusOf = async (id: string) => (await worker.store.get(id))?.status;

const resultOf = async (id: string) => JSON.parse((await worker.store.get(id))?.result ?? 'null');

describe('a job that waits for a signal', () => {
  it.each([
    ['in a group of its own', 'ask', undefined],
    ['and holds its group', 'ask', 'held'],
    ['and lets its group go on', 'ask.freely', 'free'],
  ])('%s goes on when the signal comes', async (how, kind, group) => {
    const id = `asks ${how}`;
    done.length = 0;
    const payload = { hours: 72 };
    const own = group === undefined ? {} : { group };
    await worker.send({ kind, id, payload, ...own }, group ?? id.replaceAll(' ', '-'));
    await worker.send(
      { kind: 'label', id: `${id} 2`, payload: { order: 'x', fails: false }, ...own },
      group,
    );
    await worker.step();
    await worker.drain();
    expect(await statusOf(id)).toBe('WAITING');
    expect(await statusOf(`${id} 2`)).toBe(group === 'held' ? undefined : 'COMPLETED');
    expect(await signal(id, { by: 'ada' })).toEqual({ kind: 'kept' });
    await worker.drain();
    expect(await statusOf(id)).toBe('COMPLETED');
    expect(await resultOf(id)).toBe('ada');
    expect(await statusOf(`${id} 2`)).toBe('COMPLETED');
    expect(done).toEqual([`run ${id}`, `run ${id}`, `${id}: ada`]);
  });

  it('keeps a signal that came before the wait, and the first of several', async () => {
    const id = 'early';
    expect(await signal(id, { by: 'ada' })).toEqual({ kind: 'kept' });
    expect(await signal(id, { by: 'ada' })).toEqual({ kind: 'repeated' });
    expect(await signal(id, { by: 'bob' }, 'second')).toMatchObject({
      kind: 'taken',
      first: { signal: { id: 'first' } },
    });
    await worker.send({ kind: 'ask', id, payload: { hours: 1 } }, id);
    await worker.drain();
    expect(await resultOf(id)).toBe('ada');
  });

  it('goes on without the signal at the time of the wait, and takes none that comes later', async () => {
    const id = 'late';
    await worker.send({ kind: 'ask', id, payload: { hours: 1 } }, id);
    await worker.drain();
    worker.clock.advance(3_600_000);
    await worker.tick();
    await worker.drain();
    expect(await resultOf(id)).toBe('WAIT_TIMEOUT');
    expect(await signal(id, { by: 'ada' })).toMatchObject({
      kind: 'taken',
      first: { kind: 'timeout' },
    });
  });

  it('goes on waiting after data that breaks the schema', async () => {
    const id = 'strict';
    await worker.send({ kind: 'ask', id, payload: { hours: 1 } }, id);
    await worker.drain();
    await signal(id, { by: 7 }, 'bad');
    await worker.drain();
    expect(await statusOf(id)).toBe('WAITING');
    await signal(id, { by: 'ada' }, 'good');
    await worker.drain();
    expect(await resultOf(id)).toBe('ada');
  });

  it('hears of a signal that comes while its run stops', async () => {
    const id = 'between';
    await worker.send({ kind: 'ask', id, payload: { hours: 1 }, group: 'between' }, 'between');
    const { stepStore } = worker.deps;
    const arrived: typeof stepStore.arrived = async (of) => {
      await signal(id, { by: 'ada' }, 'first', false);
      return stepStore.arrived(of);
    };
    await worker.step({ stepStore: { ...stepStore, arrived } });
    await worker.drain();
    expect(await resultOf(id)).toBe('ada');
  });
});

describe('a job that calls another', () => {
  const relayCalls = async (id: string): Promise<void> => {
    const row = await worker.store.get(id);
    await worker.tell({ calling: row ? [row] : [] });
  };

  it.each([
    [false, 'COMPLETED'],
    [true, 'DEAD'],
  ])('gets its result, or its error (fails: %s)', async (fails, status) => {
    const id = `caller ${fails}`;
    const child = `${id}.label`;
    await worker.send({ kind: 'caller', id, payload: { fails } }, `caller-${fails}`);
    await worker.drain();
    await relayCalls(id);
    await relayCalls(id);
    await worker.drain();
    expect(await statusOf(child)).toBe(status);
    expect(await statusOf(id)).toBe('WAITING');
    await worker.relay(child);
    await worker.drain();
    const row = await worker.store.get(id);
    expect(row?.status).toBe(status);
    if (fails) expect(row?.error).toMatchObject({ code: 'EMPTY' });
    else expect(await resultOf(id)).toEqual({ label: id });
  });

  it('takes the other along when it is cancelled', async () => {
    const id = 'cancelled caller';
    const payload = { fails: false };
    await worker.send({ kind: 'caller', id, payload }, groupOf({}, id));
    await worker.drain();
    expect(await worker.store.get(id), 'no minute looks at it').not.toHaveProperty('due');
    await cancelJob(id, { by: 'ada', reason: 'no longer wanted' }, worker.deps);
    await worker.relay(id);
    const row = await worker.store.get(`${id}.label`);
    expect(row).toMatchObject({ status: 'CANCELLED' });
    expect(row?.history[0]).toMatchObject({ by: `job ${id}` });
  });
});

describe('a job that takes its steps back and had called another', () => {
  it('takes the other along at once when it is cancelled', async () => {
    const id = 'patron';
    done.length = 0;
    await worker.send({ kind: 'patron', id, payload: {} }, groupOf({}, id));
    await worker.drain();
    const calling = await worker.store.get(id);
    await cancelJob(id, { by: 'ada', reason: 'no longer wanted' }, worker.deps);
    const dropping = await worker.store.get(id);
    expect(dropping).toMatchObject({ status: 'WAITING', dropped: `["${id}.label"]` });
    await worker.tell({ calling: calling ? [calling] : [], dropping: dropping ? [dropping] : [] });
    expect(await statusOf(`${id}.label`)).toBe('CANCELLED');
    await worker.tick();
    await worker.drain();
    expect(await statusOf(id)).toBe('CANCELLED');
    expect(done).toEqual(['seat', 'back']);
    expect(await statusOf(`${id}.label`)).toBe('CANCELLED');
  });
});

describe('a job whose call loses a race', () => {
  it.each(['at once', 'after a nap', 'dead'])(
    'cancels the called job: it ends %s',
    async (ends) => {
      const id = `hurried ${ends}`;
      const child = `${id}.label`;
      await worker.send({ kind: 'hurried', id, payload: { ends } }, id.replaceAll(' ', '-'));
      await worker.drain();
      const calling = await worker.store.get(id);
      worker.clock.advance(3_600_000);
      await worker.tick();
      await worker.ripen();
      await worker.drain();
      const dropping = await worker.store.get(id);
      expect(dropping).toMatchObject({ dropped: JSON.stringify([child]) });
      for (const _twice of [1, 2])
        await worker.tell({
          calling: calling ? [calling] : [],
          dropping: dropping ? [dropping] : [],
        });
      await worker.drain();
      const row = await worker.store.get(child);
      expect(row).toMatchObject({ status: 'CANCELLED' });
      expect(row?.history[0]).toMatchObject({ by: `job ${id}` });
      worker.clock.advance(3_600_000);
      await worker.tick();
      await worker.ripen();
      await worker.drain();
      expect(await statusOf(id)).toBe(ends === 'dead' ? 'DEAD' : 'COMPLETED');
    },
  );

  it('leaves the winner alone, and cancels nothing twice', async () => {
    const id = 'unhurried';
    await worker.send({ kind: 'hurried', id, payload: { ends: 'after a nap' } }, id);
    await worker.drain();
    const calling = await worker.store.get(id);
    await worker.tell({ calling: calling ? [calling] : [] });
    await worker.drain();
    await worker.relay(`${id}.label`);
    await worker.drain();
    const row = await worker.store.get(id);
    expect(row).toMatchObject({ status: 'WAITING', dropped: JSON.stringify([`${id}.label`]) });
    await worker.tell({ dropping: row ? [row] : [] });
    expect(await statusOf(`${id}.label`)).toBe('COMPLETED');
    worker.clock.advance(3_600_000);
    await worker.tick();
    await worker.ripen();
    await worker.drain();
    expect(await resultOf(id)).toBe('call');
    expect(await worker.store.get(id)).not.toHaveProperty('dropped');
  });
});

const pass = async (hours: number): Promise<void> => {
  worker.clock.advance(hours * 3_600_000);
  await worker.tick();
  await worker.ripen();
  await worker.drain();
};

describe('a job that can take its steps back', () => {
  it('does so in reverse order when it fails, and is dead with its own error', async () => {
    const id = 'trip fails';
    done.length = 0;
    await worker.send({ kind: 'trip', id, payload: { waits: false } }, 'trip-fails');
    await worker.drain();
    await pass(1);
    expect(done).toEqual(['flight', 'hotel', 'back hotel h1', 'back flight f1']);
    const row = await worker.store.get(id);
    expect(row).toMatchObject({ status: 'DEAD', error: { code: 'CARD' } });
    expect(row?.error?.message).toBe('step "pay": declined');
  });

  it('does so when it is cancelled, with or without a message', async () => {
    const id = 'trip cancelled';
    done.length = 0;
    await worker.send({ kind: 'trip', id, payload: { waits: true } }, 'trip-cancelled');
    await worker.drain();
    await pass(1);
    const wish = { by: 'ada', reason: 'ill' };
    expect(await cancelJob(id, wish, worker.deps)).toEqual({ kind: 'requested' });
    await pass(0);
    expect(done).toEqual(['flight', 'hotel', 'back hotel h1', 'back flight f1']);
    const row = await worker.store.get(id);
    expect(row).toMatchObject({ status: 'CANCELLED' });
    expect(row?.history.at(-1)).toMatchObject({
      event: 'cancelled',
      ...{ by: 'ada', note: 'ill' },
    });
  });

  it('says what it could not take back, and takes back the rest', async () => {
    const id = 'trip stuck';
    done.length = 0;
    await worker.send({ kind: 'trip', id, payload: { waits: false, stuck: true } }, 'trip-stuck');
    await worker.drain();
    await pass(1);
    expect(done).toEqual(['flight', 'hotel', 'back flight f1']);
    const row = await worker.store.get(id);
    expect(row?.error?.message).toContain('step "hotel" was not taken back: ');
  });
});

describe('a job whose program changed while it waited', () => {
  const before = async ({ step, sleep }: JobContext): Promise<unknown> => {
    const a = await step('a', () => 1);
    await sleep('day', { days: 1 });
    return a;
  };
  const after = ({ step }: JobContext): Promise<unknown> => step('b', () => 2);

  const change = async (kind: string, id: string) => {
    program = before;
    await worker.send({ kind, id, payload: null }, id);
    await worker.drain();
    program = after;
    await pass(24);
    return worker.store.get(id);
  };

  it('goes on, and its trace names the kept steps that nobody asked for', async () => {
    const row = await change('lenient', 'goes-on');
    expect(row).toMatchObject({ status: 'COMPLETED', result: '2' });
    expect(row?.history.at(-1)?.note).toBe('kept steps that it did not ask for: "a"');
  });

  it('fails where the kind says so', async () => {
    const row = await change('strict', 'fails');
    expect(row).toMatchObject({ status: 'DEAD', error: { code: 'PROGRAM_CHANGED' } });
  });

  it('fails under another version where the kind says so', async () => {
    program = before;
    await worker.send({ kind: 'strict', id: 'version', payload: null }, 'version');
    await worker.drain();
    const next = { ...versioned('strict', 'fail'), version: 2 };
    worker.clock.advance(86_400_000);
    await worker.tick();
    await worker.drain({ kinds: kindsOf([next]) });
    const row = await worker.store.get('version');
    expect(row?.error?.message).toBe(
      'it stopped under version 1 of its kind, and the kind has version 2',
    );
  });
});

describe('a dead job that is put back', () => {
  const redriveDeps = () => {
    const urls = { critical: worker.queueUrl, high: worker.queueUrl, normal: worker.queueUrl };
    const queueUrls = { ...urls, low: worker.queueUrl };
    return { ...worker.deps, outgoing: createOutgoing({ sqs: worker.sqs, queueUrls }) };
  };

  it.each([
    ['from a step does it and all after it again', 'flight', ['flight', 'hotel']],
    ['from a later step does again what was taken back before it', 'hotel', ['flight', 'hotel']],
    ['as a whole does all again that was taken back', undefined, ['flight', 'hotel']],
  ])('%s', async (how, from, again) => {
    const id = `again ${how.length}`;
    await worker.send({ kind: 'trip', id, payload: { waits: false } }, id.replace(' ', '-'));
    await worker.drain();
    await pass(1);
    done.length = 0;
    const row = (await worker.store.get(id)) as JobRecord;
    expect(row.status).toBe('DEAD');
    if (from)
      expect(await retryFrom(row, from, { by: 'ada' }, redriveDeps())).toMatchObject({
        again: expect.arrayContaining(['flight', 'hotel']),
      });
    else await redrive([row], { by: 'ada' }, redriveDeps());
    await pass(1);
    expect(done.slice(0, 2)).toEqual(again);
    expect(done.slice(2)).toEqual(['back hotel h1', 'back flight f1']);
    const note = (await worker.store.get(id))?.history.find(
      ({ event }) => event === 'redriven',
    )?.note;
    expect(note).toContain(from ? `from step "${from}"` : 'done again: ');
  });

  it('is refused from a step where its kind is gone, with the kind that is like it', async () => {
    const id = 'no such trip';
    await worker.send({ kind: 'trip', id, payload: { waits: false } }, 'no-such-trip');
    await worker.drain();
    await pass(1);
    const row = (await worker.store.get(id)) as JobRecord;
    const kinds = await kindsAt({ ownKinds: ['trips'], kindInfos: async () => undefined });
    const outcome = await retryFrom(row, 'flight', { by: 'ada' }, { ...redriveDeps(), kinds });
    expect(outcome).toMatchObject({
      kind: 'not',
      why: { code: 'UNKNOWN_KIND', message: expect.stringMatching(/did you mean "trips"\?$/) },
    });
    expect(await worker.store.get(id)).toEqual(row);
  });
});

it('steps are kept for as long as their job waits', async () => {
  const id = 'long';
  await worker.send({ kind: 'order', id, payload: { seconds: 365 * 86_400 } }, id);
  await worker.drain();
  const { Item } = await worker.table.client.send(
    new GetCommand({ TableName: worker.table.table, Key: { pk: `JOB#${id}`, sk: 'STEP#charge' } }),
  );
  expect(Number(Item?.['expiresAt'])).toBeGreaterThan(worker.clock.now() / 1_000 + 366 * 86_400);
});

it.each([
  ['while its message is young', 1],
  ['when its message is worn', LIMITS.receivesKept],
])('a job holds its group for as long as it sleeps, %s', async (how, receives) => {
  const [id, behind, group] = [`held ${how}`, `behind ${how}`, `held-${receives}`];
  const seconds = 72_000;
  await worker.send({ kind: 'order', id, payload: { seconds }, group }, group);
  const label = { kind: 'label', id: behind, payload: { order: 'x', fails: false }, group };
  await worker.send(label, group);
  /** Both messages count as received so often. */
  const look = async (): Promise<void> => {
    await worker.ripen();
    for (;;) {
      const deliveries = await worker.receive();
      if (deliveries.length === 0) return;
      const isFirst = ({ messageGroup }: Delivery) => messageGroup === undefined;
      await worker.run(deliveries.map((each) => (isFirst(each) ? { ...each, receives } : each)));
    }
  };
  const order: (string | undefined)[] = [];
  for (let hours = 0; hours < 80 && (await statusOf(id)) !== 'COMPLETED'; hours += 1) {
    await worker.tick();
    await look();
    order.push(await statusOf(behind));
    worker.clock.advance(3_600_000);
  }
  expect(await statusOf(id)).toBe('COMPLETED');
  expect(order.slice(0, -1).every((status) => status !== 'COMPLETED')).toBe(true);
  for (let looks = 0; looks < 3; looks += 1) {
    worker.clock.advance(3_600_000);
    await worker.tick();
    await look();
  }
  expect(await statusOf(behind)).toBe('COMPLETED');
});
