/**
 * How often hosts that are up are taken for down because single probes are lost: the real verdict,
 * over 100,000 hosts a day. Probes that pass one after another change nothing, so they are skipped.
 */
import { unknownHost, verdictOn } from '#shared/hosts/probing/verdict.ts';
import { FAIL, hostWith, OK, once, twice } from '../support/probes.ts';
import { line, round, title } from './stats.ts';

const HOSTS = 100_000;
const PROBES_A_DAY = 1_440;
const STEPS = HOSTS * PROBES_A_DAY;
const INTERVAL_MS = 60_000;

/** Numerical Recipes' generator: the same figures each time. */
const createRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
};

/**
 * @param chance that a probe fails, of its own
 * @returns how often a run of fails came to one, two, and to what the verdict calls offline
 */
const simulate = (chance: number, looksTwice: boolean) => {
  const host = hostWith();
  const random = createRandom(1);
  const failed = looksTwice ? twice(FAIL) : once(FAIL);
  const calm = verdictOn(unknownHost(host), once(OK), host, 0).live;
  const came = { one: 0, two: 0, offline: 0 };
  let live = calm;
  let step = 0;
  while (step < STEPS) {
    const passes = Math.floor(Math.log(random()) / Math.log(1 - chance));
    if (passes > 0) live = calm;
    step += passes + 1;
    const judged = verdictOn(live, failed, host, step * INTERVAL_MS);
    live = judged.live;
    if (live.fails === 1) came.one += 1;
    if (live.fails === 2) came.two += 1;
    if (judged.change?.to === 'offline') came.offline += 1;
  }
  return came;
};

export const benchVerdicts = () => {
  title(`False offlines a day, ${HOSTS.toLocaleString('en')} hosts probed once a minute`);
  const results = [0.01, 0.05].map((loss) => {
    const single = simulate(loss, false);
    // Both looks of a run are lost: that is what counts as a fail then.
    const double = simulate(loss ** 2, true);
    const figures = {
      fall1: single.one,
      fall2: single.two,
      fall3: single.offline,
      fall2WithSecondLook: double.offline,
    };
    line(
      `${loss * 100} % of probes lost`,
      `fall 1: ${figures.fall1}, fall 2: ${figures.fall2}, fall 3: ${figures.fall3}, fall 2 with a second look (ours): ${figures.fall2WithSecondLook}, expected ${round(STEPS * loss ** 4, 1)}`,
    );
    return { loss, ...figures };
  });
  return results;
};
