/** `all` and `race`: branches of a handler side by side. */
import { mapPool } from '#shared/kernel/pool.ts';
import { StepUseError } from './errors.ts';
import { keepStep, outcomeOf, type StepwiseRun } from './run.ts';
import { tryStep } from './runStep.ts';
import { openScope, runIn } from './scope.ts';

type Settled = { readonly value: unknown } | { readonly error: unknown };

/**
 * Runs `fn` for each item, so many at a time. After a failure no further item begins; those that
 * have begun come to their end.
 * @throws the error of the first item, in the order of the items, that failed
 */
export const all = async <I, R>(
  items: readonly I[],
  fn: (item: I, index: number) => Promise<R> | R,
  concurrency: number,
): Promise<R[]> => {
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new StepUseError('CONCURRENCY_INVALID', 'concurrency is a whole number from 1');
  let failed = false;
  const settled = await mapPool([...items.entries()], concurrency, async ([index, item]) => {
    if (failed) return undefined;
    try {
      return { value: await fn(item, index) };
    } catch (error) {
      failed = true;
      return { error };
    }
  });
  return settled.map((each) => {
    if (each && 'value' in each) return each.value;
    throw settled.find((other) => other !== undefined && 'error' in other)?.error;
  });
};

/**
 * Runs branches of a job that takes its steps back: as far as what is kept, so that each of their
 * steps is found. Resolves when each has come to its end, or has nothing more that is kept.
 */
const revisit = (name: string, branches: readonly (() => Promise<unknown>)[]): Promise<unknown> =>
  Promise.all(
    branches.map((branch) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (): void => resolve();
      void runIn(openScope({ race: name, stranded: end }), branch).then(end, end);
      return promise;
    }),
  );

/**
 * Runs branches side by side and keeps which one came to its end first, and how. What the others
 * wait for is given up.
 * @throws StepError the kept error of the first branch
 */
export const race = async (
  run: StepwiseRun,
  name: string,
  branches: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<unknown> => {
  const { job, deps, journal, waits, loaded } = run;
  journal.ask(name);
  await waits.during(loaded);
  const kept = journal.kept(name, 'race');
  if (job.unwinding) await revisit(name, Object.values(branches));
  if (kept) return waits.during(() => outcomeOf(run, kept));
  if (job.unwinding) return waits.strand();
  const begun = deps.clock.now();
  const scopes = Object.keys(branches).map(() => openScope({ race: name }));
  const first = await Promise.race(
    Object.entries(branches).map(async ([winner, branch], index): Promise<Settled> => {
      try {
        const value = await runIn(scopes[index] as ReturnType<typeof openScope>, branch);
        return { value: { winner, value } };
      } catch (error) {
        return { error };
      }
    }),
  );
  for (const scope of scopes) scope.over = true;
  const end = await waits.during(async () => {
    const settle = () => ('error' in first ? Promise.reject(first.error) : first.value);
    const tried = await tryStep(settle, job.signal, undefined);
    const ended = tried.kind === 'again' ? { kind: 'failed' as const, fault: tried.fault } : tried;
    return keepStep(run, name, 'race', ended, { tries: 1, tookMs: deps.clock.now() - begun });
  });
  return waits.during(() => outcomeOf(run, end));
};
