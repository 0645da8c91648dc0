/** URLs by which somebody without any rights sends a signal to the job. */
import { byteLength, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { nameFault } from '#shared/kernel/names.ts';
import { durationMs } from './duration.ts';
import { StepUseError } from './errors.ts';
import type { StepwiseRun } from './run.ts';
import type { SignalUrlOptions } from './stepTypes.ts';

const faultIn = (name: string, text: string, label: string | undefined): string | undefined => {
  const named = nameFault(name);
  if (named) return `the name ${named}`;
  if (name.length > LIMITS.stepNameLengthMax)
    return `the name has at most ${LIMITS.stepNameLengthMax} characters`;
  if (byteLength(text) > LIMITS.signalUrlDataBytesMax)
    return `data has at most ${LIMITS.signalUrlDataBytesMax} bytes`;
  if (label !== undefined && (label === '' || label.length > LIMITS.signalUrlLabelLengthMax))
    return `label has 1 to ${LIMITS.signalUrlLabelLengthMax} characters`;
  return undefined;
};

/**
 * The URL of a signal. Every run gives the signal the same id, so that the URLs of all runs send one
 * signal.
 * @throws StepUseError SIGNAL_URLS_OFF, SIGNAL_URL_INVALID, DURATION_INVALID
 */
export const signalUrl = async (
  { job, deps: { links, clock }, waits, reach }: StepwiseRun,
  name: string,
  { expiresIn = { days: LIMITS.signalUrlDays }, data, label }: SignalUrlOptions,
): Promise<string> => {
  if (!links)
    throw new StepUseError(
      'SIGNAL_URLS_OFF',
      'this mesh has no signal URLs: deploy it with the setting signalUrls',
    );
  const text = data === undefined ? '' : JSON.stringify(data);
  const fault = faultIn(name, text, label);
  if (fault) throw new StepUseError('SIGNAL_URL_INVALID', fault);
  const link = {
    job: job.id,
    name,
    id: sha256(JSON.stringify([job.id, job.createdAt, name, text])),
    expiresAt: clock.now() + durationMs(expiresIn),
    ...(data !== undefined && { data: JSON.parse(text) as Json }),
    ...(label !== undefined && { label }),
  };
  return waits.during(() => reach(() => links.sign(link)));
};
