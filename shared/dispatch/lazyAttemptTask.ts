/** A job's task for the hosts of the mesh; its code is loaded with the first task. */

import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { kept } from '#shared/kernel/deferred.ts';
import type { AttemptTask, AttemptTaskDeps } from './attemptTask.ts';

/** As `createAttemptTask`, but loads nothing for a job without a task. */
export const lazyAttemptTask = (
  record: JobRecord,
  envelope: Envelope,
  deps: AttemptTaskDeps,
): AttemptTask => {
  let loaded: AttemptTask | undefined;
  let until: number | undefined;
  const load = kept(async (): Promise<AttemptTask> => {
    const { createAttemptTask } = await import('./attemptTask.ts');
    loaded = createAttemptTask(record, envelope, deps);
    if (until !== undefined) loaded.extended(until);
    return loaded;
  });
  return {
    run: async (task, terms) => (await load()).run(task, terms),
    extended: (next) => {
      until = next;
      loaded?.extended(next);
    },
    stop: async () => loaded?.stop(),
    told: () => loaded?.told() ?? { record, earned: undefined },
  };
};
