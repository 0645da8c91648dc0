/**
 * Names, keys and hashes that follow from what a job says. `names.jsonl` has been written once: each
 * of them is a key in deployed tables, queues and buckets, or is compared with one, so its lines are
 * never changed. A new name gets a line of its own (the failing test prints the line).
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { describe } from 'vitest';
import { handleOf } from '#client/handle.ts';
import { chargeIdIn, chargeIdOf, holdIdOf, shareHoldIdOf } from '#shared/billing/jobCost.ts';
import { ATTENTION } from '#shared/contracts/jobs.ts';
import { childId } from '#shared/jobs/envelope/childId.ts';
import { contentHashOf, type Envelope, jobIdOf } from '#shared/jobs/envelope/envelope.ts';
import { claimed } from '#shared/jobs/envelope/payload.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import type { Blobs } from '#shared/jobs/ports/jobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { optionsOf } from '#shared/jobs/record/repeatedIds.ts';
import { attentionKey, dueKey } from '#shared/jobs/record/transitions.ts';
import { createWorkspaces } from '#shared/jobs/s3/workspaces.ts';
import { collectChildren } from '#shared/jobs/worker/attempt/childJobs.ts';
import { type Ended, finishAttempt } from '#shared/jobs/worker/attempt/finishAttempt.ts';
import type { JobDeps } from '#shared/jobs/worker/disposition.ts';
import { keepBody } from '#shared/jobs/worker/waits/park.ts';
import { followUpJobs } from '#shared/legacy/chains/followUps.ts';
import { repeatHash } from '#shared/legacy/chains/guards.ts';
import { golden } from '../support/golden.ts';

const { writes, keeps, isWhole } = golden('names');

const T = 1_790_000_000_000;
const LONG = 'ü'.repeat(128);

describe('the id of a job', () => {
  const id = (shape: string, given: Parameters<typeof jobIdOf>[0]) =>
    writes(`job id: ${shape}`, () => jobIdOf(given, 'm-1'));
  id('its own', { id: 'j-1', idempotencyKey: 'order-1' });
  id('by its key', { idempotencyKey: 'order-1' });
  id('by its key and source', { source: 'shop', idempotencyKey: 'order-1' });
  id('by a key beyond ASCII', { source: 'größe ✓', idempotencyKey: '"order"\n1' });
  id('by its message', { source: 'shop' });
});

const ALL: Envelope = {
  id: 'j-1',
  kind: 'echo',
  payload: { b: [1, 1.5, null], a: 'größer ✓', 1: true },
  source: 'shop',
  group: 'g-1',
  priority: 'high',
  missionId: 'mission-1',
  taskId: 'task-1',
  parentId: 'j-0',
  correlationId: 'c-1',
  delaySeconds: 5,
  deadlineSeconds: 60,
  dependsOn: ['j-2'],
  onDependencyFailure: 'run',
  onDead: 'halt',
  timeoutSeconds: 30,
  callback: { url: 'https://example.com/done' },
  retry: { maxAttempts: 3 },
  cost: { payer: 'alice', amount: 12, unit: 'CRD' },
};

describe('what tells one job from another', () => {
  const hash = (shape: string, envelope: Envelope) =>
    writes(`content hash: ${shape}`, () => contentHashOf(envelope));
  hash('no payload', { kind: 'echo' });
  hash('a payload', { kind: 'echo', payload: { b: [1, 1.5, null], a: 'größer ✓', 10: 1, 9: 2 } });
  hash('a payload in the bucket', {
    kind: 'echo',
    payloadRef: { sha256: 'ab'.repeat(32), bytes: 200_000 },
  });
  hash('with a cost', { kind: 'echo', payload: 1, cost: { payer: 'alice', amount: 12 } });
  hash('with a cost as text', {
    kind: 'echo',
    payload: 1,
    cost: { payer: 'alice', amount: '12', whenShort: 'wait' },
  });
  hash('paid by its parent', { kind: 'echo', cost: { from: 'parent', amount: 3 } });
  hash('all that an envelope says', ALL);
  writes('fingerprints of options', () => optionsOf(ALL));
  const times: Envelope = {
    kind: 'echo',
    runAt: '2027-01-31T08:00:00Z',
    deadline: '2027-02-01T08:00:00Z',
  };
  writes('fingerprints of times', () => optionsOf(times));
  writes('handles of jobs', () => [
    handleOf(ALL, 'm-1'),
    handleOf({ kind: 'echo', source: 'shop', idempotencyKey: 'order-1' }, 'm-2'),
  ]);
});

describe('keys of the Jobs table', () => {
  const ids = ['j-1', 'j-2', 'j-3', 'j-4', 'j-5', 'key-0123', 'größe', LONG];
  writes('due keys', () => ids.map((id) => [id, dueKey(id)]));
  writes('attention keys', () =>
    ids.map((id) => ATTENTION.map((status) => attentionKey(status, id))),
  );
  writes('ids of children', () => [childId('j-1', 1), childId('j-1', 'a'), childId(LONG, 2)]);
});

describe('ids in the ledger', () => {
  const job = { id: 'j-1', createdAt: T };
  const long = { id: LONG, createdAt: T, generation: 2 };
  const cost = { payer: 'alice', unit: 'CRD', amount: '12' };
  const draw = { hold: 'h-2', of: 'h-1', until: T };
  keeps(
    'charges',
    () => [chargeIdOf(job), chargeIdOf({ ...job, generation: 3 }), chargeIdOf(long)],
    (stored: readonly string[]) => stored.map((id) => chargeIdIn(`${id}:1`) === id),
    [true, true, true],
  );
  writes('holds', () => [
    holdIdOf({ ...job, cost }),
    holdIdOf({ ...long, cost }),
    holdIdOf({ ...job, cost: { ...cost, draw } }),
    holdIdOf({ ...job, generation: 1, cost: { ...cost, draw } }),
  ]);
  writes('holds of children', () => shareHoldIdOf(chargeIdOf(job), 3));
});

/** What is put under which key. */
const bucketOf = () => {
  const keys: string[] = [];
  const blobs: Blobs = {
    put: (key) => Promise.resolve(void keys.push(key)),
    get: () => Promise.resolve(undefined),
  };
  return { keys, blobs };
};
const LARGE = { text: 'x'.repeat(140_000) };
const record = { id: 'j-1', kind: 'echo', attempt: 1, leaseId: 'lease-1', history: [] } as const;
const parent = record as unknown as JobRecord;

describe('keys of the bucket', () => {
  writes('payload in the bucket', () => {
    const { envelope, blob } = claimed({ kind: 'echo', payload: LARGE });
    return { envelope, key: blob?.key };
  });
  writes('body in the bucket', async () => {
    const { keys, blobs } = bucketOf();
    return { kept: await keepBody(JSON.stringify(LARGE), 'j-1', blobs), keys };
  });
  writes('result in the bucket', async () => {
    const { keys, blobs } = bucketOf();
    const deps = {
      blobs,
      clock: { now: () => T },
      store: {
        transition: () => Promise.resolve({ kind: 'applied' }),
      },
    } as unknown as JobDeps;
    const children = collectChildren({ parent, depth: 0 }, undefined, kinds, blobs);
    const ended = { record: parent, envelope: { kind: 'echo' }, definition: {}, children };
    const result = JSON.stringify(LARGE);
    await finishAttempt(ended as unknown as Ended, { kind: 'complete', result }, deps);
    return keys;
  });
  writes('children in the bucket', async () => {
    const { keys, blobs } = bucketOf();
    const children = collectChildren({ parent, depth: 0 }, undefined, kinds, blobs);
    children.enqueue({ kind: 'echo', payload: 'x'.repeat(9_000) });
    return { kept: await children.outbox(), keys };
  });
  writes('children in the row', async () => {
    const { blobs } = bucketOf();
    const children = collectChildren({ parent, depth: 1 }, undefined, kinds, blobs);
    children.enqueue({ kind: 'echo', payload: 1 });
    children.enqueue({ id: 'mine', kind: 'echo', priority: 'low' });
    return children.outbox();
  });
  writes('file of a workspace', async () => {
    const keys: unknown[] = [];
    const send = ({ input }: { input: { Key: string } }) => Promise.resolve(keys.push(input.Key));
    const s3 = { send } as unknown as S3Client;
    await createWorkspaces({ s3, bucket: 'b' }).write('w-1', 'a/größe.txt', '', {});
    return keys;
  });
});

describe('follow-up jobs of a chain', () => {
  const followUp = { kind: 'echo', name: 'first', params: { b: 1, a: ['größer ✓'] } };
  writes('hash of a follow-up job', () => repeatHash(followUp));
  writes('follow-up jobs', async () => {
    const jobs = [followUp, { kind: 'echo', params: { text: '{{job.first.result}}' } }];
    const result = JSON.stringify({ lcp_version: '1', type: 'followup_jobs', jobs });
    const envelope: Envelope = { ...ALL, kind: 'echo' };
    const chains = { get: () => Promise.resolve(undefined), put: () => Promise.resolve(true) };
    const deps = { chains, clock: { now: () => T } };
    return followUpJobs(result, { id: 'j-1', envelope, mute: undefined }, deps);
  });
});

describe('names.jsonl', () => isWhole());
