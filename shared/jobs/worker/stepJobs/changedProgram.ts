/** What becomes of jobs whose kind got another program while they waited. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { JobDefinition } from '../../kinds/defineJob.ts';
import type { JobRecord } from '../../record/record.ts';
import type { AttemptOutcome, Fault } from '../attempt/runHandler.ts';

const CODE = 'PROGRAM_CHANGED';

/** Why the job must not go on under this version of its kind; undefined when it may. */
export const versionFault = (
  { wait, stepsVersion, unwind }: JobRecord,
  { version, onChange }: JobDefinition,
): Fault | undefined => {
  const now = version === undefined ? undefined : String(version);
  if (!wait || unwind || onChange !== 'fail' || stepsVersion === now) return undefined;
  const message = `it stopped under version ${stepsVersion ?? 'none'} of its kind, and the kind has version ${now ?? 'none'}`;
  return { code: CODE, message };
};

/** The outcome of a run whose handler did not ask for some kept steps, by the policy of the kind. */
export const judgeProgram = (
  outcome: AttemptOutcome,
  { onChange }: JobDefinition,
  unasked: readonly string[],
): AttemptOutcome => {
  if (outcome.kind !== 'complete' || unasked.length === 0) return outcome;
  const names = unasked.map((name) => `"${name}"`).join(', ');
  const message = clipped(`kept steps that it did not ask for: ${names}`, LIMITS.errorMessageMax);
  return onChange === 'fail'
    ? { kind: 'fail', fault: { code: CODE, message } }
    : { ...outcome, note: message };
};
