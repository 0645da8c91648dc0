import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { DEAD_LETTERS_SUFFIX } from '#shared/contracts/queues.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { Snooze } from '#shared/jobs/kinds/errors.ts';
import {
  type DeadLetter,
  type DeadLetterDeps,
  lookAtDeadLetters,
  redriveDeadLetters,
} from '#shared/jobs/operator/deadLetters.ts';
import { createDeadLetters } from '#shared/jobs/sqs/deadLetterQueues.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { type Behaviour, notedKind } from '../support/testKind.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let behave: Behaviour;
const ran: unknown[] = [];
let worker: TestWorker;

const kinds = kindsOf([notedKind(ran, () => behave)]);

beforeEach(async () => {
  behave = (payload) => Promise.resolve(payload);
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
});
afterEach(() => worker.stop());

const job = (id: string, over: object = {}) => ({ kind: 'test', id, payload: id, ...over });

/** What SQS does after too many receives. */
const giveUp = async (body: unknown, group: string) => {
  await worker.sqs.send(
    new SendMessageCommand({
      QueueUrl: worker.queueUrl.replace('.fifo', DEAD_LETTERS_SUFFIX),
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
      MessageGroupId: group,
      MessageDeduplicationId: `${group} ${JSON.stringify(body)}`,
    }),
  );
};
const depsOf = (): DeadLetterDeps => {
  const { queueUrl, sqs, deps } = worker;
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const { visibility } = deps;
  return {
    ...deps,
    outgoing: createOutgoing({ sqs, queueUrls }),
    deadLetters: createDeadLetters({ sqs, queueUrls, visibility }),
  };
};
const bringBack = (wanted: (letter: DeadLetter) => boolean = () => true) =>
  redriveDeadLetters(100, wanted, depsOf());
const minute = async () => {
  worker.clock.advance(60_000);
  await worker.tick();
  await worker.drain();
};

describe('a dead letter', () => {
  it('is shown with its job, and stays where it is', async () => {
    behave = () => Promise.reject(new Snooze(worker.clock.now() + 60_000));
    await worker.send(job('open'), 'g');
    await worker.drain();
    await giveUp(job('open'), 'g');
    await giveUp(job('unseen'), 'h');
    for (let times = 0; times < 2; times += 1) {
      const found = await lookAtDeadLetters(10, depsOf());
      const told = found.map(({ id, record }) => [id, record?.status]);
      expect(told.sort()).toEqual([
        ['open', 'SCHEDULED'],
        ['unseen', undefined],
      ]);
    }
    expect(worker.deadLetters()).toBe(2);
  });

  it('is brought back with its row, its id and the order of its group', async () => {
    await giveUp(job('a'), 'g');
    await giveUp({ kind: 'test', payload: 'nameless' }, 'h');
    await giveUp(job('later', { delaySeconds: 30 }), 'i');
    const [nameless] = (await lookAtDeadLetters(10, depsOf())).filter(
      ({ letter }) => letter.group === 'h',
    );
    expect(nameless?.id).toBe(nameless?.letter.messageId);
    expect((await bringBack()).map(({ kind }) => kind)).toEqual(['back', 'back', 'back']);
    expect(worker.deadLetters()).toBe(0);
    await minute();
    await minute();
    await worker.ripen();
    await worker.drain();
    expect([...ran].sort()).toEqual(['a', 'later', 'nameless']);
    const id = nameless?.id ?? '';
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED' });
    expect((await worker.store.get('a'))?.history[0]).toMatchObject({ event: 'parked' });
  });

  it('is left alone when it is not meant, and gone when its job has ended or it cannot run', async () => {
    await worker.send(job('done'), 'g');
    await worker.drain();
    await giveUp(job('done'), 'g');
    await giveUp('no json', 'h');
    await giveUp(job('other'), 'i');
    const outcomes = await bringBack(({ id }) => id !== 'other');
    expect(outcomes.map((each) => each.kind === 'not' && each.message).sort()).toEqual([
      expect.stringContaining('QUARANTINED'),
      expect.stringContaining('it is COMPLETED'),
    ]);
    expect((await lookAtDeadLetters(10, depsOf())).map(({ id }) => id)).toEqual(['other']);
    expect(ran).toEqual(['done']);
  });
});
