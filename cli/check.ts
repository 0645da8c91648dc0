/** The worker's own check, before anything is sent: the same words for the same fault. */
import {
  checkEnvelope,
  type EnvelopeIssue,
  parseEnvelope,
  type ValidJob,
} from '#shared/jobs/envelope.ts';
import { parseHostileJson } from '#shared/jobs/hostileJson.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import { byteLength } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

/** A body too large for a message may still be sent: its payload goes through the bucket. */
const checkLarge = (body: string) => {
  const json = parseHostileJson(body);
  return json.ok ? checkEnvelope(json.value, kinds) : json;
};

export const checkBody = (body: string): ValidJob | EnvelopeIssue => {
  const bytes = byteLength(body);
  const isLarge = bytes > LIMITS.envelopeBytesMax && bytes <= LIMITS.payloadBytesMax;
  const parsed = isLarge ? checkLarge(body) : parseEnvelope(body, kinds);
  return parsed.ok ? parsed.value : parsed.error;
};
