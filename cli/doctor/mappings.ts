/** Checks the event source mappings: whether messages and changes reach their functions. */
import type { MappingState } from '#client/machinery.ts';
import { type Finding, okFinding, problem, warning } from './finding.ts';

/** States on the way to `Enabled`; the source is read meanwhile, or soon. */
const CHANGING = ['Creating', 'Enabling', 'Updating'];

const findingOf = (source: string, mapping: MappingState): readonly Finding[] => {
  const { id, state, reason, lastResult, functionArn } = mapping;
  const what = `${source} → ${functionArn.split(':function:').at(-1)}`;
  if (state === 'Enabled')
    return lastResult.startsWith('PROBLEM')
      ? [
          problem(
            'mappings',
            `${what}: ${lastResult}`,
            'look at the logs of the function and the rights of its role ("cdk diff" shows what differs)',
          ),
        ]
      : [];
  const is = `${what} is ${state}${reason === '' ? '' : ` (${reason})`}`;
  if (CHANGING.includes(state))
    return [warning('mappings', is, 'it is being changed: look again in a minute')];
  const fix =
    state === 'Deleting'
      ? 'deploy the stack again when it is gone'
      : `aws lambda update-event-source-mapping --uuid ${id} --enabled`;
  return [problem('mappings', is, fix)];
};

/** The mappings of a source. The ARN of a table's source continues with its stream. */
export const mappedTo = (
  source: string,
  mappings: readonly MappingState[],
): readonly MappingState[] =>
  mappings.filter(({ sourceArn }) => `${sourceArn}/`.includes(`:${source}/`));

/**
 * Checks that every source has an enabled mapping without a problem.
 *
 * @param sources ends of the sources' ARNs: a queue's name, or `table/` and a table's name
 */
export const checkMappings = (
  mappings: readonly MappingState[],
  sources: readonly string[],
): readonly Finding[] => {
  const faults = sources.flatMap((source): readonly Finding[] => {
    const of = mappedTo(source, mappings);
    if (of.length === 0)
      return [problem('mappings', `nothing reads ${source}`, 'deploy the stack again')];
    return of.flatMap((mapping) => findingOf(source, mapping));
  });
  return faults.length > 0 ? faults : [okFinding('mappings', `${sources.length} sources are read`)];
};
