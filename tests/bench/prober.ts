/**
 * The prober beside others, on the same 1,000 hosts of this machine: 900 answer in 5 to 50 ms, 50
 * refuse, 50 accept and hang. Part of `npm run bench`; alone: `npm run bench:prober`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import type { Host } from '#shared/hosts/registry/host.ts';
import { aHost } from '../support/targets.ts';
import { runBlackbox } from './prober/blackbox.ts';
import { holdDown } from './prober/quota.ts';
import type { Known, Order, Pass } from './prober/runner.ts';
import { delayOf, type Ports } from './prober/targets.ts';
import { line, percentile, round, title } from './stats.ts';

const TIMEOUT_MS = 2_000;
const SHARD = 1_000;
const SHARDS = 10;
/** What Lambda gives with 512 MB, and with 352 MB. */
const CPU_SHARE = 0.3;
const CPU_SHARE_LESS = 0.2;
const SAMPLE = 100;

interface Fleet {
  readonly hosts: readonly Host[];
  readonly healthy: ReadonlySet<string>;
  readonly dead: readonly string[];
}

/** Of each 20 one refuses, one hangs. */
const fleetOf = (shard: number, ports: Ports): Fleet => {
  const hosts = Array.from({ length: SHARD }, (_, index) => {
    const address = `127.${10 + shard}.${1 + (index >> 8)}.${index & 255}`;
    const port = [ports.closed, ports.hanging][index % 20] ?? ports.answering;
    const endpoint = `http://${address}:${port}`;
    return aHost(`${shard}-${index}`, endpoint, { timeoutMs: TIMEOUT_MS, degradedMs: TIMEOUT_MS });
  });
  const isDead = (_: Host, index: number): boolean => index % 20 < 2;
  return {
    hosts,
    dead: hosts.filter(isDead).map(({ id }) => id),
    healthy: new Set(hosts.filter((host, index) => !isDead(host, index)).map(({ id }) => id)),
  };
};

const nominal = ({ hosts, healthy }: Fleet): number =>
  percentile(
    hosts
      .filter(({ id }) => healthy.has(id))
      .map(({ endpoint }) => delayOf(new URL(endpoint).hostname)),
    0.5,
  );

const start = async (): Promise<ChildProcess> => {
  const child = fork('tests/bench/prober/runner.ts');
  await once(child, 'message');
  return child;
};

const ask = async <T>(child: ChildProcess, message: object): Promise<T> => {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
};

/** What the targets themselves saw since they were asked last. */
type Truth = (targets: ChildProcess) => Promise<{ readonly p50: number; readonly n: number }>;
const truth: Truth = (targets) => ask(targets, {});

const figuresOf = (pass: Pass, fleet: Fleet, truthMs: number) => ({
  wallMs: round(pass.wallMs, 0),
  ofTimeout: round(pass.wallMs / TIMEOUT_MS, 3),
  cpuMs: round(pass.cpuMs, 0),
  rssMb: round(pass.rssMb, 0),
  up: pass.up.filter((id) => fleet.healthy.has(id)).length,
  p50: round(percentile(pass.latencies, 0.5)),
  p99: round(percentile(pass.latencies, 0.99)),
  truthMs: round(truthMs),
  others: pass.others,
});

type Figures = ReturnType<typeof figuresOf>;

const show = (label: string, figures: Figures): void => {
  const { wallMs, ofTimeout, cpuMs, rssMb, up, p50, truthMs, others } = figures;
  const rest = Object.entries(others).map(([name, count]) => `${count} ${name}`);
  const off = round((100 * (p50 - truthMs)) / truthMs);
  line(
    label,
    `${wallMs} ms (${ofTimeout} x timeout), ${up} of 900 up, p50 ${p50} ms (${off} % off ${truthMs}), CPU ${cpuMs} ms, ${rssMb} MB; ${rest.join(', ')}`,
  );
};

const PASSES: readonly (readonly [Known, string])[] = [
  ['nothing', 'nothing known, failed ones twice'],
  ['failed', 'failed before, looked at twice'],
];
/** An environment runs once a minute for hours: its first runs are still compiled, the others count. */
const WARMING_PASSES = 12;
const STEADY_PASSES = 12;

interface Bench {
  readonly targets: ChildProcess;
  readonly fleet: Fleet;
}

/** Median, and from where to where. */
const range = (values: readonly number[], digits: number): string => {
  const at = (share: number) => round(percentile(values, share), digits);
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
};

const showSteady = (label: string, passes: readonly Figures[]): void => {
  const off = passes.map(({ p50, truthMs }) => (100 * (p50 - truthMs)) / truthMs);
  const walls = passes.map(({ ofTimeout }) => ofTimeout);
  const within = walls.filter((wall) => wall <= 1.03).length;
  const up = Math.min(...passes.map((pass) => pass.up));
  const cpu = range(
    passes.map(({ cpuMs }) => cpuMs),
    0,
  );
  const near = off.filter((each) => each <= 10).length;
  const all = passes.length;
  line(
    label,
    `${range(walls, 3)} x timeout, within 1.03 in ${within} of ${all}; ${up} of 900 up in the worst; p50 ${range(off, 1)} % off, within 10 % in ${near} of ${all}; CPU ${cpu} ms`,
  );
};

const runPasses = async ({ targets, fleet }: Bench, label: string, share?: number) => {
  const child = await start();
  const quota = share === undefined ? undefined : holdDown(child.pid ?? 0, share);
  const { hosts, dead } = fleet;
  const pass = async (known: Known): Promise<Figures> => {
    await truth(targets);
    const order: Order = { prober: 'sheratan', hosts, dead, known, vcpus: share ?? cpus().length };
    const seen = await ask<Pass>(child, order);
    return figuresOf(seen, fleet, (await truth(targets)).p50);
  };
  const results: Record<string, Figures> = {};
  for (const [known, what] of PASSES) {
    results[known] = await pass(known);
    show(`${label}: ${what}`, results[known]);
  }
  const several = async (count: number): Promise<readonly Figures[]> => {
    const seen: Figures[] = [];
    while (seen.length < count) seen.push(await pass('offline'));
    return seen;
  };
  const warming = await several(WARMING_PASSES);
  showSteady(`${label}: known offline, warming up`, warming);
  const steady = await several(STEADY_PASSES);
  showSteady(`${label}: known offline, steady`, steady);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  quota?.release();
  return { by: quota?.by, ...results, warming, steady };
};

const runOthers = async ({ targets, fleet }: Bench, share?: number) => {
  const child = await start();
  const quota = share === undefined ? undefined : holdDown(child.pid ?? 0, share);
  const results: Figures[] = [];
  for (const name of ['first', 'second']) {
    const order = { ...fleet, prober: 'fetch', known: 'nothing', vcpus: 1 } as const;
    await truth(targets);
    const { hosts, dead } = fleet;
    const pass = await ask<Pass>(child, { ...order, hosts, dead } satisfies Order & Fleet);
    const figures = figuresOf(pass, fleet, (await truth(targets)).p50);
    show(`Promise.all(fetch)${share === undefined ? '' : ` at ${share} vCPU`}: ${name}`, figures);
    results.push(figures);
  }
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  quota?.release();
  return results;
};

const runSequential = async ({ fleet }: Bench) => {
  const child = await start();
  const hosts = fleet.hosts.slice(0, SAMPLE);
  const pass = await ask<Pass>(child, {
    prober: 'sequential',
    hosts,
    dead: [],
    known: 'nothing',
    vcpus: 1,
  } satisfies Order);
  child.kill('SIGKILL');
  const wholeMs = round((pass.wallMs * SHARD) / SAMPLE, 0);
  line(
    'sequential, as the original',
    `${wholeMs} ms (extrapolated from ${SAMPLE} hosts, ${round(pass.wallMs, 0)} ms)`,
  );
  return { wholeMs, sampleMs: round(pass.wallMs, 0) };
};

const compareBlackbox = async ({ targets, fleet }: Bench) => {
  await truth(targets);
  const passes = await runBlackbox(fleet.hosts, TIMEOUT_MS, [64, 1_000]);
  if (!passes)
    return line('blackbox exporter', 'skipped: prometheus-blackbox-exporter is not here');
  for (const { width, wallMs, latencies } of passes)
    line(
      `blackbox exporter, ${width} at once: second`,
      `${round(wallMs, 0)} ms, ${latencies.length} of 900 up, p50 ${round(percentile(latencies, 0.5))} ms`,
    );
  return passes.map(({ latencies, ...rest }) => ({
    ...rest,
    up: latencies.length,
    p50: percentile(latencies, 0.5),
  }));
};

const runShards = async (ports: Ports) => {
  const fleets = Array.from({ length: SHARDS }, (_, shard) => fleetOf(shard, ports));
  const children = await Promise.all(fleets.map(start));
  const run = () =>
    Promise.all(
      children.map((child, index) => {
        const { hosts = [], dead = [] } = fleets[index] ?? {};
        const order: Order = { prober: 'sheratan', hosts, dead, known: 'offline', vcpus: 1 };
        return ask<Pass>(child, order);
      }),
    );
  await run();
  const began = performance.now();
  const passes = await run();
  const wallMs = round(performance.now() - began, 0);
  for (const child of children) child.kill('SIGKILL');
  const up = passes.reduce((sum, pass) => sum + pass.up.length, 0);
  const cpuMs = round(
    passes.reduce((sum, pass) => sum + pass.cpuMs, 0),
    0,
  );
  const p50 = round(
    percentile(
      passes.flatMap(({ latencies }) => latencies),
      0.5,
    ),
  );
  line(
    `${SHARDS * SHARD} hosts in ${SHARDS} shards, a process each`,
    `${wallMs} ms, ${up} of ${SHARDS * 900} up, p50 ${p50} ms, CPU ${cpuMs} ms on ${cpus().length} CPUs`,
  );
  return { wallMs, up, cpuMs, p50 };
};

export const benchProber = async () => {
  title('The prober: 1,000 hosts here, 900 answer in 5 to 50 ms, 50 refuse, 50 hang; timeout 2 s');
  const targets = fork('tests/bench/prober/targets.ts');
  try {
    const [ports] = (await once(targets, 'message')) as [Ports];
    const fleet = fleetOf(0, ports);
    const bench: Bench = { targets, fleet };
    line(
      'true p50 of those that answer',
      `${nominal(fleet)} ms; below it is what the hosts measured`,
    );
    const sheratan = await runPasses(bench, 'sheratan');
    const held = await runPasses(bench, `at ${CPU_SHARE} vCPU`, CPU_SHARE);
    line(`${CPU_SHARE} vCPU by`, held.by ?? '');
    return {
      sheratan,
      held,
      heldMore: await runPasses(bench, `at ${CPU_SHARE_LESS} vCPU`, CPU_SHARE_LESS),
      fetch: await runOthers(bench),
      heldFetch: await runOthers(bench, CPU_SHARE),
      sequential: await runSequential(bench),
      blackbox: await compareBlackbox(bench),
      shards: await runShards(ports),
    };
  } finally {
    targets.kill('SIGKILL');
  }
};

if (import.meta.main) await benchProber();
