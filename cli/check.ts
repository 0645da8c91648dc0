/** The worker's own check, before anything is sent: the same words for the same fault. */
import { type EnvelopeIssue, parseEnvelope, type ValidJob } from '#shared/jobs/envelope.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';

export const checkBody = (body: string): ValidJob | EnvelopeIssue => {
  const parsed = parseEnvelope(body, kinds);
  return parsed.ok ? parsed.value : parsed.error;
};
