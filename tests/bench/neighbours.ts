/**
 * The embedded cloud on each table engine, beside the job queues that are usual on one machine. All
 * get the same jobs of 0 ms, by turns, so that what else the machine does meets all of them.
 */

import { LocalCloudError } from '#emulator/errors.ts';
import { TABLE_ENGINES, type TableEngine } from '#emulator/tables/tableEngine.ts';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { bullmq } from './neighbours/bullmq.ts';
import { pgBoss } from './neighbours/pgBoss.ts';
import { nameOf, sheratan } from './neighbours/sheratan.ts';
import type { Absent, Running, System } from './neighbours/system.ts';
import { cpuMs, residentMb } from './neighbours/usage.ts';
import { requestsOfAJob } from './price.ts';
import { line, percentile, round, spread, title } from './stats.ts';

const ROUNDS = 3;
/** Of the jobs at once: as many before, which are not counted, while code is compiled. */
const WARMING = 0.2;
const IDLE_JOBS = 100;

/** @returns the engine, or what to install */
const engineHere = async (assemblyDir: string, engine: TableEngine): Promise<System | Absent> => {
  const system = sheratan(assemblyDir, engine);
  try {
    await (await startTableServer({ engine })).stop();
    return system;
  } catch (error) {
    if (!(error instanceof LocalCloudError && error.code === 'NO_TABLE_ENGINE')) throw error;
    return { name: system.name, absent: error.message };
  }
};

type ByRole = Readonly<Record<string, number>>;

const byRole = (running: Running, measure: (pids: readonly number[]) => number): ByRole =>
  Object.fromEntries(
    Object.entries(running.processes()).map(([role, pids]) => [role, measure(pids)]),
  );

const underLoad = async (running: Running, jobs: number) => {
  await running.sendAll(Math.ceil(jobs * WARMING));
  const before = { cpu: byRole(running, cpuMs), requests: await running.requests?.() };
  const began = performance.now();
  await running.sendAll(jobs);
  const seconds = (performance.now() - began) / 1_000;
  const after = { cpu: byRole(running, cpuMs), requests: await running.requests?.() };
  const cpu = Object.entries(after.cpu).map(([role, ms]) => [
    role,
    (ms - (before.cpu[role] ?? 0)) / jobs,
  ]);
  return {
    jobsPerSecond: jobs / seconds,
    cpuMsPerJob: Object.fromEntries(cpu) as ByRole,
    residentMb: byRole(running, residentMb),
    processes: byRole(running, (pids) => pids.length),
    requestsPerJob:
      after.requests === undefined ? undefined : (after.requests - (before.requests ?? 0)) / jobs,
  };
};

const oneByOne = async (running: Running): Promise<readonly number[]> => {
  const startMs: number[] = [];
  for (let n = 0; n < IDLE_JOBS; n += 1) startMs.push((await running.sendOne()) ?? Number.NaN);
  return startMs.filter((ms) => !Number.isNaN(ms));
};

const turn = async ({ start }: System, jobs: number) => {
  const began = performance.now();
  const running = await start();
  try {
    await running.sendOne();
    const upMs = performance.now() - began;
    const load = await underLoad(running, jobs);
    return { upMs, ...load, startMs: await oneByOne(running) };
  } finally {
    await running.stop();
  }
};

type Turn = Awaited<ReturnType<typeof turn>>;

const medianOf = (turns: readonly Turn[], pick: (turn: Turn) => number): number =>
  percentile(turns.map(pick), 0.5);

const medians = (
  turns: readonly Turn[],
  pick: (turn: Turn) => ByRole,
  digits: number,
): Record<string, number> =>
  Object.fromEntries(
    Object.keys(turns[0] ? pick(turns[0]) : {}).map((role) => [
      role,
      round(
        medianOf(turns, (each) => pick(each)[role] ?? 0),
        digits,
      ),
    ]),
  );

const figuresOf = (turns: readonly Turn[], ours: number) => {
  const rates = turns.map(({ jobsPerSecond }) => jobsPerSecond);
  return {
    jobsPerSecond: round(percentile(rates, 0.5), 0),
    slowest: round(Math.min(...rates), 0),
    fastest: round(Math.max(...rates), 0),
    startMs: spread(turns.flatMap(({ startMs }) => startMs)),
    upMs: round(
      medianOf(turns, ({ upMs }) => upMs),
      0,
    ),
    requestsPerJob: round(
      medianOf(turns, ({ requestsPerJob }) => requestsPerJob ?? ours),
      2,
    ),
    cpuMsPerJob: medians(turns, ({ cpuMsPerJob }) => cpuMsPerJob, 2),
    residentMb: medians(turns, (each) => each.residentMb, 0),
    processes: medians(turns, ({ processes }) => processes, 0),
  };
};

type Figures = ReturnType<typeof figuresOf>;

const joined = (figures: ByRole, unit: string): string =>
  Object.entries(figures)
    .map(([role, value]) => `${role} ${value} ${unit}`)
    .join(', ');

const show = ({ name, how }: System, figures: Figures): void => {
  const { jobsPerSecond, slowest, fastest, startMs, upMs, requestsPerJob, processes } = figures;
  line(name, `${jobsPerSecond} jobs/s (${slowest} to ${fastest}); ${how}`);
  line('  send → handler start, idle', `p50 ${startMs.p50} ms, p99 ${startMs.p99} ms`);
  line('  started, to the end of its first job', `${upMs} ms`);
  line('  requests a job', `${requestsPerJob}`);
  line('  CPU a job', joined(figures.cpuMsPerJob, 'ms'));
  const several = Object.entries(processes).map(([role, count]) => `${count} of ${role}`);
  line('  resident', `${joined(figures.residentMb, 'MB')} (processes: ${several.join(', ')})`);
};

const WHY = `
Where ours is slower, and why: a plain job here is a message in a queue that speaks SQS over HTTP, and
two conditional writes over HTTP to a table that speaks DynamoDB, so that the same code runs on AWS.
BullMQ moves a job by one script inside Redis, pg-boss a hundred jobs by one statement. What ours buys:
a job's effect once, however often it is delivered (BullMQ runs a job again whose worker stalls, pg-boss
keeps an effect to once only in its own database), and each change of a job in a stream, which flows
and callbacks follow. Neither of the others has a ledger.`;

/** How the engines compare, where both are here. */
const showEngines = (
  results: readonly { readonly name: string; readonly jobsPerSecond: number }[],
) => {
  const [native, local] = TABLE_ENGINES.map((engine) =>
    results.find(({ name }) => name === nameOf(engine)),
  );
  if (native && local)
    line('native, of DynamoDB Local', `${round(native.jobsPerSecond / local.jobsPerSecond, 1)} x`);
};

/** @param jobs at once, in each round of each system */
export const benchNeighbours = async (assemblyDir: string, jobs: number) => {
  title(`Job queues on one machine: ${jobs} jobs of 0 ms, ${ROUNDS} rounds, by turns`);
  const engines: (System | Absent)[] = [];
  for (const engine of TABLE_ENGINES) engines.push(await engineHere(assemblyDir, engine));
  const all = [...engines, bullmq(), pgBoss()];
  const systems = all.filter((each) => 'start' in each);
  const turns = new Map<System, Turn[]>(systems.map((system) => [system, []]));
  for (let index = 0; index < ROUNDS; index += 1)
    for (const [system, of] of turns) of.push(await turn(system, jobs));
  const ours = await requestsOfAJob();
  const results = [...turns].map(([system, of]) => {
    const figures = figuresOf(of, ours);
    show(system, figures);
    return { name: system.name, how: system.how, ...figures };
  });
  for (const { name, absent } of all.filter((each) => 'absent' in each)) line(name, absent);
  showEngines(results);
  console.log(WHY);
  return results;
};
