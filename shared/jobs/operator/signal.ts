/** Signals: what people and programs tell a job that waits in the middle of its work. */
import { byteLength, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { NAME_PATTERN, NAME_RULE } from '#shared/kernel/names.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { SignalStore } from '../ports/signals.ts';
import type { SignalOutcome } from '../steps/kept.ts';

/** A signal that somebody sends. */
export interface Wish {
  /** The name of the wait. */
  readonly name: string;
  readonly data: Json;
  /** The same signal sent again has the same id; by default a hash of name and data. */
  readonly id?: string | undefined;
  readonly by: string;
}

/** A signal that could not be sent, and why. */
export interface SignalFault {
  readonly code: 'SIGNAL_INVALID' | 'SIGNAL_TOO_LARGE';
  readonly message: string;
}

const faultIn = ({ name, id = name }: Wish, bytes: number): SignalFault | undefined => {
  const max = LIMITS.stepNameLengthMax;
  for (const [field, text] of Object.entries({ name, id }))
    if (text.length < 1 || text.length > max || !NAME_PATTERN.test(text))
      return {
        code: 'SIGNAL_INVALID',
        message: `${field}: has 1 to ${max} characters and ${NAME_RULE}`,
      };
  const most = LIMITS.signalBytesMax;
  if (bytes <= most) return undefined;
  return { code: 'SIGNAL_TOO_LARGE', message: `data: has ${bytes} bytes, the limit is ${most}` };
};

/** Sends a signal to a job: one conditional write. Safe to repeat. */
export const signalJob = async (
  job: string,
  wish: Wish,
  { signals, clock }: { readonly signals: SignalStore; readonly clock: Clock },
): Promise<Result<SignalOutcome, SignalFault>> => {
  const data = JSON.stringify(wish.data);
  const fault = faultIn(wish, byteLength(data));
  if (fault) return err(fault);
  const { name, by, id = sha256(`${name}\n${data}`) } = wish;
  return ok(await signals.send(job, { name, id, data, at: clock.now(), by }));
};
