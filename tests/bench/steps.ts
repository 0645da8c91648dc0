/** What a step takes beside the write that keeps it, and what it costs beside other services. */
import * as v from 'valibot';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { processBatch } from '#shared/jobs/worker/processBatch.ts';
import { besideSteps } from './besideSteps.ts';
import { noCounts } from './counts.ts';
import { deliveriesOf, openWorker } from './price.ts';
import { line, percentile, round, title } from './stats.ts';

const STEPS = 1_000;

const stepMs: number[] = [];

const long = defineJob({
  kind: 'long',
  payload: v.unknown(),
  run: async (_payload, { step, sleep }) => {
    for (let n = 0; n < STEPS; n += 1) {
      const began = performance.now();
      await step(`step ${n}`, () => ({ n }));
      stepMs.push(performance.now() - began);
    }
    await sleep('night', { hours: 8 });
  },
});

type World = Awaited<ReturnType<typeof openWorker>>;

/** The same writes, without anything around them. */
const writesMs = async (id: string, { deps }: World): Promise<readonly number[]> => {
  const ms: number[] = [];
  const expiresAt = Math.floor(Date.now() / 1_000) + 3_600;
  const owner = { id, messageId: 'm', generation: 0, since: 0, expiresAt };
  for (let n = 0; n < STEPS; n += 1) {
    const began = performance.now();
    const facts = { op: 'step', at: Date.now(), tookMs: 0, tries: 1 } as const;
    await deps.stepStore.keep(owner, { name: `step ${n}`, ...facts, result: `{"n":${n}}` });
    ms.push(performance.now() - began);
  }
  return ms;
};

/** One job of a thousand steps on the embedded tables. */
export const benchSteps = async () => {
  title(`A job of ${STEPS} steps`);
  const world = await openWorker();
  try {
    // What is loaded and compiled first is no part of a step.
    await writesMs('warm', world);
    const deps = { ...world.deps, kinds: kindsOf([long]) };
    const [delivery] = deliveriesOf(0, 1, world.queueUrl, { kind: 'long', payload: {} });
    Object.assign(world.counts, noCounts());
    if (delivery) await processBatch([delivery], 'bench', () => 900_000, deps);
    const { dynamo, units, readUnits } = world.counts;
    const bare = await writesMs('bare', world);
    const [step, write] = [percentile(stepMs, 0.5), percentile(bare, 0.5)];
    const found = {
      requestsAStep: round((dynamo - 2) / STEPS, 3),
      unitsAStep: round((units - 2) / STEPS, 3),
      readUnits: round(readUnits, 1),
      stepMsP50: round(step, 2),
      writeMsP50: round(write, 2),
      aboveMsP50: round(step - write, 2),
    };
    line('a step', `${found.requestsAStep} requests, ${found.unitsAStep} write units`);
    line(
      'its time, p50',
      `${found.stepMsP50} ms: ${found.aboveMsP50} ms above the ${found.writeMsP50} ms of its write`,
    );
    title('US$ for a million');
    for (const row of besideSteps()) console.log(row);
    return found;
  } finally {
    await world.close();
  }
};
