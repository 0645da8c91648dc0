/** The runs of a host by job id: one at a time, never twice while its end is remembered; bounded. */

export interface HostAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Run {
  /** Of what was asked for. */
  readonly digest: string;
  readonly answer: Promise<HostAnswer>;
  /** Characters of an answer that is remembered; undefined while it runs. */
  size?: number;
}

export interface RunsOptions {
  readonly resultsMax: number;
  readonly charactersMax: number;
}

export interface Runs {
  /** Runs under way. */
  active(): number;
  /** The run of this id, under way or remembered; `other` when it was asked for something else. */
  find(id: string, digest: string): Promise<HostAnswer> | 'other' | undefined;
  /** @param work must not reject */
  start(id: string, digest: string, work: () => Promise<HostAnswer>): Promise<HostAnswer>;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

/** What another attempt may change is not remembered. */
const isFinal = ({ status }: HostAnswer): boolean => status === 200 || status === 422;

export const createRuns = ({ resultsMax, charactersMax }: RunsOptions): Runs => {
  const running = new Map<string, Run>();
  /** Oldest first. */
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
