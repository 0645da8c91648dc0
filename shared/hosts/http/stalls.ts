/** Notices that this process stood still: a blocked event loop, or a freeze between two moments. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Stall, Stalls } from '../ports.ts';

const TICK_MS = 50;
const KEPT = 100;

interface Seen extends Stall {
  readonly from: number;
  readonly to: number;
}

/** Watches until stopped; does not keep the process alive. */
export const watchStalls = (clock: Clock): Stalls & { stop(): void } => {
  const seen: Seen[] = [];
  const monotonic = () => performance.now();
  let last = { wall: clock.now(), at: monotonic() };

  const note = (): void => {
    const now = { wall: clock.now(), at: monotonic() };
    const lateMs = Math.round(now.at - last.at - TICK_MS);
    // When the monotonic clock stops during a freeze, the wall clock shows it.
    const jumpMs = Math.round(Math.abs(now.wall - last.wall - (now.at - last.at)));
    const ms = Math.max(lateMs, jumpMs);
    const kind = ms > LIMITS.clockJumpMs ? 'clock_jump' : 'event_loop';
    if (kind === 'clock_jump' || lateMs > LIMITS.stallMs)
      seen.push({ kind, ms, from: last.at, to: now.at });
    if (seen.length > KEPT) seen.shift();
    last = now;
  };
  const timer = setInterval(note, TICK_MS).unref();
  return {
    now: () => {
      // What begins now was not delayed by a freeze that has just ended.
      note();
      return last.at;
    },
    between: (from, to) => {
      // A deadline may be due before the tick that would notice the stall.
      note();
      return seen
        .filter((each) => each.from < to && each.to > from)
        .reduce<Stall | undefined>(
          (worst, { kind, ms }) => (worst && worst.ms >= ms ? worst : { kind, ms }),
          undefined,
        );
    },
    stop: () => clearInterval(timer),
  };
};
