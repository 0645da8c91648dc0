/** A job's way to the hosts of the mesh; what it takes is loaded with the first task. */

import type { Envelope } from './envelope.ts';
import type { JobRecord } from './record.ts';
import type { Dispatch, DispatchDeps } from './task.ts';

export const lazyDispatch = (
  record: JobRecord,
  envelope: Envelope,
  deps: DispatchDeps,
): Dispatch => {
  let loading: Promise<Dispatch> | undefined;
  let loaded: Dispatch | undefined;
  let until: number | undefined;
  const load = async (): Promise<Dispatch> => {
    const { createDispatch } = await import('./task.ts');
    loaded = createDispatch(record, envelope, deps);
    if (until !== undefined) loaded.extended(until);
    return loaded;
  };
  return {
    run: async (task, terms) => {
      loading ??= load();
      return (await loading).run(task, terms);
    },
    extended: (next) => {
      until = next;
      loaded?.extended(next);
    },
    stop: async () => loaded?.stop(),
    told: () => loaded?.told() ?? { record, earned: undefined },
  };
};
