/** Decisions of another system about a job: `pk = JOB#<id>`, `sk = PAST#<time>#<key>`. */
import { writeAll } from '#shared/aws/itemBatches.ts';
import { JOBS_TTL, PAST_PREFIX } from '#shared/contracts/tables.ts';
import type { PastStep, PastSteps } from '../ports/past.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobKey } from './recordItems.ts';
import { behind, itemsOf, type StepItem } from './stepItems.ts';

const WIDTH = 8;

const itemOf = ({ jobId, key, ...step }: PastStep, expiresAt: number): StepItem => ({
  pk: jobKey(jobId).pk,
  sk: `${PAST_PREFIX}${new Date(step.at).toISOString()}#${key}`,
  ...step,
  [JOBS_TTL]: expiresAt,
});

/** Decisions of another system in one Jobs table. */
export const createPastSteps = (options: StoreOptions): PastSteps => ({
  keep: (steps, expiresAt) =>
    writeAll(
      options,
      steps.map((step) => itemOf(step, expiresAt)),
      { width: WIDTH },
    ),
  of: async (id) => {
    const items = await itemsOf(options, id, PAST_PREFIX, behind(PAST_PREFIX));
    return items.map(({ at, event, text }) => ({
      at: Number(at),
      event: String(event),
      text: String(text),
    }));
  },
});
