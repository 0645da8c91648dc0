/**
 * One stack in simulated time: jobs arrive by chance, a FIFO queue gives them out by their groups,
 * Lambda grows its environments, and the table takes so many write units a second. Events are kept
 * in the order of their time; nothing waits for a clock.
 */
import { seeded } from '../support/seeded.ts';
import { QUOTAS } from './quotas.ts';

/** A stack and its load. */
export interface Scenario {
  /** Jobs offered each second. */
  readonly offered: number;
  /** How long jobs are offered, in seconds. */
  readonly forSeconds: number;
  /** How long one job runs, in seconds. */
  readonly jobSeconds: number;
  /** Groups that jobs are spread over; undefined: each job is a group of its own. */
  readonly groups?: number;
  readonly maxConcurrency: number;
  /** Executions of the account. */
  readonly executions: number;
  /** Write units a second that the table takes. */
  readonly writeUnits: number;
  /** Write units of a job, half at its start and half at its end. */
  readonly unitsOfJob: number;
}

/** What may hold a job back. */
export type Brake = 'groups' | 'maxConcurrency' | 'executions' | 'ramp' | 'table' | 'in flight';

export interface Simulated {
  /** The brake that jobs met first, and when (s). */
  readonly first: { readonly brake: Brake; readonly at: number } | undefined;
  /** The brake that was met most often in the last third of the load. */
  readonly lasting: Brake | undefined;
  /** Jobs a second that ended in the last third of the load. */
  readonly jobsPerSecond: number;
  /** Jobs that waited or ran when the load ended. */
  readonly backlog: number;
}

/** An invocation's own work, in seconds: the start of a batch, and the deletion of its messages. */
const OWN_SECONDS = 0.02;
const STEP = 0.05;
/** A write that waits longer than so many seconds was throttled. */
const THROTTLED = 0.1;

/** Groups that were given out are dropped when there are so many. */
const COMPACT_FROM = 100_000;

/** A queue of times, the earliest first. */
class Agenda<T> {
  readonly #heap: { readonly at: number; readonly value: T }[] = [];
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }
  push(at: number, value: T): void {
    const heap = this.#heap;
    heap.push({ at, value });
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) break;
      this.#swap(parent, child);
      child = parent;
    }
  }
  pop(): T | undefined {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const last = heap.pop();
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const least = this.#at(right) < this.#at(left) ? right : left;
      if (this.#at(parent) <= this.#at(least)) return last?.value;
      this.#swap(parent, least);
      parent = least;
    }
  }
  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }
  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}

/** Messages that wait, by group: groups that are free are given out in the order in which they came. */
class FifoQueue {
  readonly #waiting = new Map<number, number>();
  readonly #held = new Set<number>();
  #free: number[] = [];
  /** Of `#free`, where the groups begin that were not given out yet. */
  #from = 0;
  waiting = 0;
  inFlight = 0;
  add(group: number): void {
    const before = this.#waiting.get(group) ?? 0;
    this.#waiting.set(group, before + 1);
    this.waiting += 1;
    if (before === 0 && !this.#held.has(group)) this.#free.push(group);
  }
  get isFree(): boolean {
    return this.#from < this.#free.length;
  }
  /** As SQS does: as many of a group as it can, then of the next. @returns jobs by group */
  receive(): ReadonlyMap<number, number> {
    const batch = new Map<number, number>();
    let room: number = QUOTAS.batch.value;
    for (; room > 0 && this.isFree; this.#from += 1) {
      const group = this.#free[this.#from] ?? 0;
      const count = Math.min(room, this.#waiting.get(group) ?? 0);
      batch.set(group, count);
      this.#held.add(group);
      this.#waiting.set(group, (this.#waiting.get(group) ?? 0) - count);
      room -= count;
    }
    if (this.#from > COMPACT_FROM) {
      this.#free = this.#free.slice(this.#from);
      this.#from = 0;
    }
    const jobs = QUOTAS.batch.value - room;
    this.waiting -= jobs;
    this.inFlight += jobs;
    return batch;
  }
  end(batch: ReadonlyMap<number, number>): void {
    for (const [group, count] of batch) {
      this.inFlight -= count;
      this.#held.delete(group);
      if ((this.#waiting.get(group) ?? 0) > 0) this.#free.push(group);
      else this.#waiting.delete(group);
    }
  }
}

/** On-demand capacity: writes beyond it wait, and are tried again. */
const tableOf = (unitsPerSecond: number) => {
  let free = 0;
  return (now: number, units: number): number => {
    free = Math.max(now, free) + units / unitsPerSecond;
    return free - now;
  };
};

const sizeOfBatch = (batch: ReadonlyMap<number, number>): number =>
  [...batch.values()].reduce((sum, count) => sum + count, 0);

/** Runs the scenario. The same seed gives the same figures. */
export const simulate = (scenario: Scenario, seed = 1): Simulated => {
  const { offered, forSeconds, jobSeconds, groups, maxConcurrency, executions } = scenario;
  const random = seeded(seed);
  const queue = new FifoQueue();
  const ends = new Agenda<ReadonlyMap<number, number>>();
  const write = tableOf(scenario.writeUnits);
  const met = new Map<Brake, { first: number; late: number }>();
  const lateFrom = (forSeconds * 2) / 3;
  let [running, ended, serial] = [0, 0, 0];
  const meet = (brake: Brake, at: number): void => {
    const seen = met.get(brake) ?? { first: at, late: 0 };
    if (at >= lateFrom) seen.late += 1;
    met.set(brake, seen);
  };
  const brakeAt = (now: number): Brake | undefined => {
    const ramped = QUOTAS.ramp.value * (1 + Math.floor(now / QUOTAS.rampSeconds.value));
    if (running >= maxConcurrency) return 'maxConcurrency';
    if (running >= executions) return 'executions';
    if (running >= ramped) return 'ramp';
    if (queue.inFlight >= QUOTAS.inFlight.value) return 'in flight';
    return queue.isFree ? undefined : 'groups';
  };
  const begin = (now: number): void => {
    const batch = queue.receive();
    const half = (sizeOfBatch(batch) * scenario.unitsOfJob) / 2;
    const claim = write(now, half);
    const conclusion = write(now, half);
    if (Math.max(claim, conclusion) > THROTTLED) meet('table', now);
    // Jobs of one group run one after another.
    const ran = Math.max(...batch.values()) * jobSeconds;
    ends.push(now + OWN_SECONDS + Math.max(claim, conclusion) + ran, batch);
    running += 1;
  };
  const finish = (at: number, batch: ReadonlyMap<number, number>): void => {
    queue.end(batch);
    running -= 1;
    if (at >= lateFrom) ended += sizeOfBatch(batch);
  };
  const endUntil = (time: number): void => {
    while (ends.next <= time) {
      const at = ends.next;
      finish(at, ends.pop() ?? new Map());
      if (brakeAt(at) === undefined) begin(at);
    }
  };
  for (let now = 0; now < forSeconds; now += STEP) {
    endUntil(now);
    const mean = offered * STEP;
    const arrived = Math.max(0, Math.round(mean + (random() - 0.5) * Math.sqrt(12 * mean)));
    for (let n = 0; n < arrived; n += 1)
      queue.add(groups === undefined ? serial++ : Math.floor(random() * groups));
    for (let brake = brakeAt(now); queue.waiting > 0; brake = brakeAt(now)) {
      if (brake !== undefined) {
        meet(brake, now);
        break;
      }
      begin(now);
    }
  }
  const byFirst = [...met].sort(([, a], [, b]) => a.first - b.first);
  const byLate = [...met]
    .filter(([, { late }]) => late > 0)
    .sort(([, a], [, b]) => b.late - a.late);
  const [first] = byFirst;
  return {
    first: first && { brake: first[0], at: first[1].first },
    lasting: byLate[0]?.[0],
    jobsPerSecond: ended / (forSeconds - lateFrom),
    backlog: queue.waiting + queue.inFlight,
  };
};
