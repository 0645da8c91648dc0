/** Compares secrets so that the time which this takes tells nothing of them, not even their length. */
import { createHash, timingSafeEqual } from 'node:crypto';

type Secret = string | Uint8Array;

const digest = (secret: Secret): Buffer => createHash('sha256').update(secret).digest();

/** Whether both are the same bytes; a text counts by its UTF-8. Throws nothing, whatever they are. */
export const sameSecret = (given: Secret, expected: Secret): boolean =>
  timingSafeEqual(digest(given), digest(expected));
