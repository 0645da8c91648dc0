/** A kind of jobs that do what a test says. */
import * as v from 'valibot';
import { defineJob, type JobContext } from '#shared/jobs/kinds/defineJob.ts';

export type Behaviour = (payload: unknown, context: JobContext) => Promise<unknown>;

/** Of kind `test`: notes the payload of each run, and does what the test says by then. */
export const notedKind = (ran: unknown[], behave: () => Behaviour) =>
  defineJob({
    kind: 'test',
    payload: v.unknown(),
    timeoutSeconds: 30,
    retry: { maxAttempts: 3, jitter: 'none' },
    run: (payload, context) => {
      ran.push(payload);
      return behave()(payload, context);
    },
  });
