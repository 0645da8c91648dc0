/** Whether what comes in reaches its function: the event source mappings. */
import type { MappingState } from '#client/mappings.ts';
import { type Finding, ok, problem } from './finding.ts';

/** @param sources parts of the ARNs that must be mapped, each with the function's name */
export const checkMappings = (
  mappings: readonly MappingState[] | undefined,
  sources: readonly string[],
): readonly Finding[] => {
  if (!mappings) return [ok('mappings', 'the embedded cloud runs those of the template itself')];
  const faults = sources.flatMap((source): readonly Finding[] => {
    const of = mappings.filter(({ sourceArn }) => sourceArn.includes(source));
    if (of.length === 0)
      return [problem('mappings', `nothing reads ${source}`, 'deploy the stack again')];
    return of.flatMap(({ id, state, functionArn }) =>
      state === 'Enabled'
        ? []
        : [
            problem(
              'mappings',
              `${source} → ${functionArn.split(':function:').at(-1)} is ${state}`,
              `aws lambda update-event-source-mapping --uuid ${id} --enabled`,
            ),
          ],
    );
  });
  return faults.length > 0 ? faults : [ok('mappings', `${sources.length} sources are read`)];
};
