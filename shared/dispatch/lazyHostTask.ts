/** A job's way to the hosts of the mesh; what it takes is loaded with the first task. */

import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { kept } from '#shared/kernel/deferred.ts';
import type { Dispatch, DispatchDeps } from './hostTask.ts';

export const lazyDispatch = (
  record: JobRecord,
  envelope: Envelope,
  deps: DispatchDeps,
): Dispatch => {
  let loaded: Dispatch | undefined;
  let until: number | undefined;
  const load = kept(async (): Promise<Dispatch> => {
    const { createDispatch } = await import('./hostTask.ts');
    loaded = createDispatch(record, envelope, deps);
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
