/** Latency and throughput through the whole embedded cloud: queue, mapping, worker process, table. */
import { readFileSync } from 'node:fs';
import { sendItems } from '#cli/commands/send.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { watchJobs } from '#client/wait.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { command } from '#shared/control/command.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { benchPrinted } from './printed.ts';
import { line, round, spread, title } from './stats.ts';

interface Finished {
  readonly id: string;
  /** ms from the producer's send to the handler's start. */
  readonly startMs: number;
}

interface BatchLine {
  readonly jobs?: readonly {
    readonly id: string;
    readonly as: string;
    readonly startMs?: number;
  }[];
}

interface Bench {
  readonly cloud: Cloud;
  readonly mesh: Deployment;
  readonly finished: Map<string, Finished>;
  /** What the functions have printed, in bytes: metrics, and the rest. */
  readonly printed: { metrics: number; logs: number };
  /** Resolves when `count` jobs have completed. */
  until(count: number): Promise<void>;
}

const open = async (assemblyDir: string): Promise<Bench> => {
  const finished = new Map<string, Finished>();
  const printed = { metrics: 0, logs: 0 };
  let wanted = Number.POSITIVE_INFINITY;
  let reached = (): void => undefined;
  const cloud = await startCloud({
    assemblyDir,
    onLog: ({ text }) => {
      printed[text.startsWith('{"_aws"') ? 'metrics' : 'logs'] += text.length + 1;
      if (!text.includes('"message":"batch"')) return;
      for (const { id, as, startMs = 0 } of (JSON.parse(text) as BatchLine).jobs ?? [])
        if (as === 'completed') finished.set(id, { id, startMs });
      if (finished.size >= wanted) reached();
    },
  });
  const { stackName, outputs, clientEnv } = cloud;
  const mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wanted = count;
      reached = resolve;
      if (finished.size >= count) resolve();
    });
  return { cloud, mesh, finished, printed, until };
};

const items = (count: number, groups: number) =>
  Array.from({ length: count }, (_, n) => ({
    where: String(n),
    body: JSON.stringify({ kind: 'echo', payload: { n }, group: `group-${n % groups}` }),
  }));

/** Resident memory of a process, in MB; 0 where there is no /proc. */
const residentMb = (pid: number): number => {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return round(Number(kilobytes) / 1_024, 0);
  } catch {
    return 0;
  }
};

/** One job at a time: what a producer waits for on an idle mesh. */
const latency = async ({ mesh, finished, until }: Bench, count: number) => {
  const before = finished.size;
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { sent } = await sendItems(items(1, 1), mesh);
    ids.push(...sent.map(({ id }) => id));
    await until(before + n + 1);
  }
  const startMs = ids.flatMap((id) => finished.get(id)?.startMs ?? []);
  const records = await Promise.all(ids.map((id) => mesh.store.get(id)));
  const endMs = records.flatMap((record) => (record ? [record.updatedAt - record.createdAt] : []));
  return { startMs: spread(startMs), endMs: spread(endMs) };
};

/** Many jobs at once over many groups; memory is read at every quarter. */
const throughput = async (
  { cloud, mesh, finished, until }: Bench,
  count: number,
  groups: number,
) => {
  const before = finished.size;
  const began = Date.now();
  const sending = sendItems(items(count, groups), mesh);
  const memory: { jobs: number; workerMb: number; workers: number; selfMb: number }[] = [];
  for (const quarter of [0.25, 0.5, 0.75, 1]) {
    await until(before + count * quarter);
    const workers = cloud.environments().map(({ pid }) => residentMb(pid));
    const [workerMb, selfMb] = [Math.max(...workers), residentMb(process.pid)];
    memory.push({ jobs: count * quarter, workerMb, workers: workers.length, selfMb });
  }
  await sending;
  const seconds = (Date.now() - began) / 1_000;
  return {
    jobs: count,
    groups,
    seconds: round(seconds),
    jobsPerSecond: round(count / seconds, 0),
    memory,
  };
};

/** From the root's send to the end of the job that waits for all: 1 → width → 1. */
const fan = async ({ mesh }: Bench, width: number) => {
  const one = (envelope: object) => ({ where: '', body: JSON.stringify(envelope) });
  const ids = Array.from({ length: width }, (_, n) => `fan-${n}`);
  const join = { kind: 'echo', id: 'fan-join', payload: 1, dependsOn: ids };
  const waiting = async (id: string): Promise<void> => {
    while ((await mesh.store.get(id))?.status !== 'WAITING')
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await sendItems([one(join)], mesh);
  await waiting('fan-join');
  const middle = ids.map((id) => one({ kind: 'echo', id, payload: 1, dependsOn: ['fan-root'] }));
  await sendItems(middle, mesh);
  await Promise.all(ids.map(waiting));
  const began = Date.now();
  await sendItems([one({ kind: 'echo', id: 'fan-root', payload: 1 })], mesh);
  await watchJobs(mesh, { ids: ['fan-join'], timeoutMs: 300_000, onChange: () => undefined });
  return Date.now() - began;
};

const item = (envelope: object) => ({
  where: '',
  body: JSON.stringify({ kind: 'echo', payload: { delayMs: 20 }, ...envelope }),
});

/** Jobs sent one at a time while `backlog` is queued: how long each waits for its start. */
const beside = async (
  bench: Bench,
  backlog: readonly object[],
  probe: object,
  count: number,
): Promise<{ p50: number; p99: number; queuedAtTheEnd: number }> => {
  bench.finished.clear();
  const { sent: queued } = await sendItems(backlog.map(item), bench.mesh);
  const startMs: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const { sent } = await sendItems([item(probe)], bench.mesh);
    const ids = sent.map(({ id }) => id);
    await watchJobs(bench.mesh, { ids, timeoutMs: 120_000, onChange: () => undefined });
    startMs.push(...ids.flatMap((id) => bench.finished.get(id)?.startMs ?? []));
  }
  const left = queued.filter(({ id }) => !bench.finished.has(id));
  return { ...spread(startMs), queuedAtTheEnd: left.length };
};

const many = (count: number, envelope: object): readonly object[] =>
  Array.from({ length: count }, () => envelope);

/** What a deep backlog of one priority, group or source costs the others. */
const fairness = async (bench: Bench, flood: number) => {
  const show = (label: string, { p50, p99, queuedAtTheEnd }: Awaited<ReturnType<typeof beside>>) =>
    line(label, `p50 ${p50} ms, p99 ${p99} ms (${queuedAtTheEnd} still queued after)`);
  const deep = Math.ceil(flood / 4);
  const group = await beside(bench, many(deep, { group: 'deep' }), {}, 100);
  show(`job → start, ${deep} of one group queued before it`, group);
  const limits = { perMinute: 600, burst: 20 };
  const store = bench.mesh.control;
  const what = { kind: 'limits', source: 'deep', limits } as const;
  await command(what, 'bench', '', { store, clock: systemClock });
  const source = await beside(bench, many(deep, { source: 'deep' }), { source: 'other' }, 100);
  show(`job → start, ${deep} of one limited source queued before it`, source);
  const critical = await beside(
    bench,
    many(flood, { priority: 'low' }),
    { priority: 'critical' },
    100,
  );
  show(`critical job → start, ${flood} low ones queued`, critical);
  return { group, source, critical };
};

const FAN_WIDTH = 1_000;

export const benchMesh = async (assemblyDir: string, jobs: number) => {
  title('The embedded cloud');
  const began = Date.now();
  const bench = await open(assemblyDir);
  const upMs = Date.now() - began;
  try {
    const firstAt = Date.now();
    await sendItems(items(1, 1), bench.mesh);
    await bench.until(1);
    const firstJobMs = Date.now() - firstAt;
    line('up, after synthesis', `${upMs} ms`);
    line('first job, sent to completed', `${firstJobMs} ms`);
    await throughput(bench, 1_000, 200);
    const idle = await latency(bench, 200);
    line(
      'send → handler start, idle mesh',
      `p50 ${idle.startMs.p50} ms, p99 ${idle.startMs.p99} ms`,
    );
    line('send → completed, idle mesh', `p50 ${idle.endMs.p50} ms, p99 ${idle.endMs.p99} ms`);
    Object.assign(bench.printed, { metrics: 0, logs: 0 });
    const load = await throughput(bench, jobs, 200);
    const printed = benchPrinted(bench.printed, jobs);
    line(`${jobs} jobs of 0 ms in 200 groups`, `${load.jobsPerSecond} jobs/s (${load.seconds} s)`);
    for (const { jobs: done, workerMb, workers, selfMb } of load.memory)
      line(
        `  memory after ${done}`,
        `largest of ${workers} workers ${workerMb} MB, cloud ${selfMb} MB`,
      );
    const fanMs = await fan(bench, FAN_WIDTH);
    line(`fan-out and fan-in of ${FAN_WIDTH}`, `${fanMs} ms from root to join`);
    const fair = await fairness(bench, jobs);
    return { upMs, firstJobMs, idle, load, printed, fanMs, fair };
  } finally {
    bench.mesh.close();
    await bench.cloud.stop();
  }
};
