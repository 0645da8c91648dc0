/**
 * Compares this machine's clock with the deployment's: leases, signatures and money depend on time.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { type Finding, okFinding, problem } from './finding.ts';

/** Resolution of the Date header, which has whole seconds. */
const RESOLUTION_MS = 1_000;
const PATIENCE_MS = 10_000;

/**
 * Checks the clock by the Date header of an answer.
 *
 * @param url of any server of the deployment; any answer will do
 */
export const checkClock = async (url: string, clock: Clock): Promise<readonly Finding[]> => {
  const began = clock.now();
  const answer = await fetch(new URL('/', url), {
    // A redirect is not followed: the time of another server, or of a cache, would mean nothing.
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const ended = clock.now();
  const date = answer.headers.get('date');
  if (!date) return [okFinding('clock', 'the endpoint does not tell its time')];
  const there = Date.parse(date);
  const ahead = began - there - RESOLUTION_MS;
  const behind = there - ended;
  const skewMs = Math.max(0, ahead, behind);
  if (skewMs <= LIMITS.clockSkewMs) return [okFinding('clock', `within ${LIMITS.clockSkewMs} ms`)];
  const way = ahead > behind ? 'ahead of' : 'behind';
  return [
    problem(
      'clock',
      `this machine is ${(skewMs / 1_000).toFixed(1)} s ${way} ${new URL(url).host}`,
      'set its clock by NTP: signatures are refused from five minutes on',
    ),
  ];
};
