/** A job queue on this machine with its worker processes, as the bench sees any of them. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Running {
  /** Ids of its processes, by what they do. */
  processes(): Readonly<Record<string, readonly number[]>>;
  /** Sends as many jobs of 0 ms at once. Resolves when all have ended. */
  sendAll(count: number): Promise<void>;
  /**
   * Sends one job. Resolves when it has ended.
   * @returns ms from before it was sent to the start of its handler
   */
  sendOne(): Promise<number | undefined>;
  /** Requests to its servers so far, of the producer and the worker; absent where nobody can count them. */
  readonly requests?: () => Promise<number>;
  stop(): Promise<void>;
}

export interface System {
  readonly name: string;
  /** How it is set up, where there is a choice. */
  readonly how: string;
  start(): Promise<Running>;
}

/** A system that cannot run here, and what to install. */
export interface Absent {
  readonly name: string;
  readonly absent: string;
}

/** What a worker process tells as jobs end. */
interface Told {
  readonly ended: readonly {
    readonly id: string;
    /** ms from the job's sending to the start of its handler, if that was its first delivery. */
    readonly startMs: number | undefined;
  }[];
  /** Of the worker so far, where it counts them. */
  readonly requests?: number;
}

export interface Tally {
  readonly ended: number;
  readonly requests: number;
  startMs(id: string): number | undefined;
  /** Resolves when as many jobs have ended. @throws Error when the worker process ends before */
  until(count: number): Promise<void>;
}

/** @returns the first message of a process. @throws Error when it ends instead */
export const firstWord = async (child: ChildProcess): Promise<unknown> => {
  const ended = new AbortController();
  const gone = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended before it was ready (exit code ${code})`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    return message;
  } finally {
    ended.abort();
  }
};

/** Follows a worker process. */
export const tallyOf = (child: ChildProcess): Tally => {
  const ended = new Map<string, number | undefined>();
  let requests = 0;
  let look = (): void => undefined;
  child.on('message', (told: Told) => {
    for (const { id, startMs } of told.ended) ended.set(id, startMs);
    requests = told.requests ?? requests;
    look();
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error('a worker process ended in the middle of the bench');
  });
  gone.catch(() => undefined);
  const reached = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (ended.size >= count) resolve();
      };
      look();
    });
  return {
    get ended() {
      return ended.size;
    },
    get requests() {
      return requests;
    },
    startMs: (id) => ended.get(id),
    until: (count) => Promise.race([reached(count), gone]),
  };
};

/** In a worker process: tells its parent what has ended, once a turn of the event loop. */
export const createTeller = (requests?: () => number) => {
  let ended: Told['ended'][number][] = [];
  const tell = (): void => {
    process.send?.({ ended, ...(requests && { requests: requests() }) } satisfies Told);
    ended = [];
  };
  return (id: string, startMs: number | undefined): void => {
    if (ended.length === 0) setImmediate(tell);
    ended.push({ id, startMs });
  };
};

const CHUNK = 1_000;

/** Numbers below `count`, in lists as long as one bulk request takes. */
export const chunksOf = (count: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(count / CHUNK) }, (_, chunk) =>
    Array.from({ length: Math.min(CHUNK, count - chunk * CHUNK) }, (__, n) => chunk * CHUNK + n),
  );
