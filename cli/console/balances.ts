/** The balance of an account over a range of time, as many points as a picture shows. */
import type { Deployment } from '#client/deployment.ts';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import { balancesOver } from '#shared/ledger/read/balancesOver.ts';
import type { Answering } from './server.ts';
import type { BalancesAnswer } from './wireViews.ts';

const POINTS = 60;
const SECONDS_MIN = 60;
const SECONDS_MAX = 366 * 86_400;

/** The balances of an account over the last so many seconds; `undefined`: no such account. */
export const balancesOf =
  ({ ledger }: Deployment, now: () => number): Answering =>
  async (query): Promise<BalancesAnswer | undefined> => {
    const key = { unit: query.get('unit') ?? UNIT_DEFAULT, account: query.get('account') ?? '' };
    const asked = Number(query.get('range')) || SECONDS_MIN;
    const seconds = Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, asked));
    if (!(await ledger.ledger.account(key))) return undefined;
    const binMs = Math.ceil((seconds * 1_000) / POINTS);
    const until = now();
    const first = Math.floor(until / binMs) - POINTS + 1;
    // Ends of bins, so that the same bins have the same times at the next look.
    const times = Array.from({ length: POINTS }, (_, n) => (first + n + 1) * binMs - 1);
    const balances = await balancesOver(key, times, ledger);
    return {
      from: first * binMs,
      binMs,
      length: POINTS,
      points: balances.map((each) => (each === undefined ? null : Number(each))),
    };
  };
