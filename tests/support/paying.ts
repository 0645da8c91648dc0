/** A worker whose jobs pay out of a ledger of their own. */
import * as v from 'valibot';
import { expect, inject } from 'vitest';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { defineJob, type Kinds, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { auditOf, startLedger, type TestLedger } from './ledger.ts';
import { startWorker, type TestWorker } from './worker.ts';

/** Jobs that send children, and may die after that. */
const FAMILY = kindsOf([
  defineJob({
    kind: 'work',
    payload: v.object({ dies: v.optional(v.boolean()), children: v.optional(v.unknown()) }),
    retry: { baseSeconds: 0, jitter: 'none', maxAttempts: 1 },
    run: ({ dies, children = [] }, { enqueue }) => {
      for (const child of children as Envelope[]) enqueue(child);
      return dies ? Promise.reject(new PermanentError('dies')) : Promise.resolve(1);
    },
  }),
]);

export const startPaying = async (kinds: Kinds = FAMILY) => {
  const test = await startLedger(inject('dynamoEndpoint'), 4);
  const worker = await startWorker(inject('dynamoEndpoint'), kinds);
  const allocator = createHoldAllocator({
    ledger: test.ledger,
    clock: { now: test.now },
    ids: systemIds,
  });
  return { test, worker, allocator };
};

/** Whatever became of the jobs, the books are sound. */
export const endPaying = async (test: TestLedger, worker: TestWorker): Promise<void> => {
  const { problem } = await auditOf(test);
  await worker.stop();
  expect(problem).toBeUndefined();
};
