/** The worker's own check, before anything is sent: the same words for the same fault. */

import type { ValidJob } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';

export const checkBody = (body: string): ValidJob | EnvelopeIssue => {
  const parsed = parseOutgoing(body, kinds);
  return parsed.ok ? parsed.value : parsed.error;
};
