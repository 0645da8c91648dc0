/**
 * The runs of a host by job id. No job runs twice while its result is remembered; memory is
 * limited.
 */

export interface HostAnswer {
  readonly status: number;
  /** The body, as JSON text. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Run {
  /** Hash of the job's kind and input. */
  readonly digest: string;
  readonly answer: Promise<HostAnswer>;
  /** Characters of a remembered answer; undefined during the run. */
  size?: number;
}

export interface RunsOptions {
  readonly resultsMax: number;
  readonly charactersMax: number;
}

export interface Runs {
  /** Number of runs under way. */
  active(): number;
  /** The run of this id, under way or remembered; `other` when its kind or input was different. */
  find(id: string, digest: string): Promise<HostAnswer> | 'other' | undefined;
  /**
   * Starts a run.
   *
   * @param work must not reject
   */
  start(id: string, digest: string, work: () => Promise<HostAnswer>): Promise<HostAnswer>;
  /** Resolves when no run is under way. */
  idle(): Promise<void>;
}

/** Only final answers are remembered: another attempt may change the others. */
const isFinal = ({ status }: HostAnswer): boolean => status === 200 || status === 422;

/**
 * Remembers at most `resultsMax` answers and `charactersMax` characters; forgets the oldest first.
 */
export const createRuns = ({ resultsMax, charactersMax }: RunsOptions): Runs => {
  const running = new Map<string, Run>();
  /** The oldest first. */
  const ended = new Map<string, Run>();
  let characters = 0;

  const forget = (id: string): void => {
    characters -= ended.get(id)?.size ?? 0;
    ended.delete(id);
  };

  const remember = (id: string, run: Run, size: number): void => {
    forget(id);
    ended.set(id, { ...run, size });
    characters += size;
    for (const oldest of ended.keys()) {
      if (ended.size <= resultsMax && characters <= charactersMax) break;
      forget(oldest);
    }
  };

  return {
    active: () => running.size,
    find: (id, digest) => {
      const run = running.get(id) ?? ended.get(id);
      if (!run) return undefined;
      return run.digest === digest ? run.answer : 'other';
    },
    start: async (id, digest, work) => {
      const run: Run = { digest, answer: work() };
      running.set(id, run);
      const answer = await run.answer;
      running.delete(id);
      if (isFinal(answer)) remember(id, run, answer.body.length);
      return answer;
    },
    idle: async () => {
      while (running.size > 0) await Promise.all([...running.values()].map((run) => run.answer));
    },
  };
};
