/** The bridge at work: all files of a folder, until it is told to stop. */
import { isDenied } from '#shared/kernel/denied.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import {
  type BridgeDeps,
  deliver,
  endOf,
  type Left,
  resume,
  type Taken,
  takeJobFile,
} from './carry.ts';
import { claimOf } from './claim.ts';
import type { RelayFile, RelayFolders } from './ports.ts';

/** What the bridge tells of its work. */
export type BridgeNews =
  | { readonly kind: 'taken' | 'resumed'; readonly name: string }
  | { readonly kind: 'left'; readonly name: string; readonly left: Left }
  | {
      readonly kind: 'done';
      readonly name: string;
      readonly id: string;
      readonly status: string;
      /** From the claim to the result's file, in ms. */
      readonly tookMs: number;
    }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'reachable'; readonly afterMs: number }
  | { readonly kind: 'handed back'; readonly name: string };

/** How the bridge works. */
export interface BridgeOptions extends BridgeDeps {
  readonly clock: Clock;
  readonly tell: (news: BridgeNews) => void;
  /** After so many ms without the mesh, what was not sent yet goes back to the original. */
  readonly fallbackMs: number;
}

/** One bridge on one pair of folders. */
export interface Bridge {
  /** Takes what a bridge before this one left behind. */
  recover(): Promise<void>;
  /** Looks for new files. */
  take(): Promise<void>;
  /** Looks for jobs that have ended. @returns how many files were delivered */
  deliver(): Promise<number>;
  /** How many files are claimed. */
  readonly open: number;
}

const AT_ONCE = 16;

interface Open extends Taken {
  readonly since: number;
}

/** Whether the mesh answers, as far as the last calls tell. */
const createReach = ({ clock, tell }: Pick<BridgeOptions, 'clock' | 'tell'>) => {
  let since: number | undefined;
  return {
    /** @throws the error when it says that a right is missing: waiting does not help. */
    lost: (error: unknown): void => {
      if (isDenied(error)) throw error;
      if (since === undefined) tell({ kind: 'unreachable', why: thrownText(error) });
      since ??= clock.now();
    },
    found: (): void => {
      if (since !== undefined) tell({ kind: 'reachable', afterMs: clock.now() - since });
      since = undefined;
    },
    /** For how long the mesh has not answered, in ms. */
    lostForMs: (): number => (since === undefined ? 0 : clock.now() - since),
  };
};

/** Claimed files whose jobs did not surely reach the mesh: by name, whether they may have. */
type Stuck = Map<string, boolean>;

/** The same parts, with a note of every call of the mesh that was begun, and whether it sends. */
const noting = ({ mesh, ...deps }: BridgeDeps, begun: (sends: boolean) => void): BridgeDeps => {
  const noted =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>, sends = false) =>
    (...args: A): Promise<R> => {
      begun(sends);
      return call(...args);
    };
  const { get, send, again, result } = mesh;
  const reading = { get: noted(get), result: noted(result) };
  return { ...deps, mesh: { ...reading, send: noted(send, true), again: noted(again, true) } };
};

/** Runs work on a file; when the mesh does not answer, a claim that there is waits for it. */
const createTrying =
  (options: BridgeOptions, reach: ReturnType<typeof createReach>, stuck: Stuck) =>
  async <T>(name: string, work: (deps: BridgeDeps) => Promise<T>): Promise<T | undefined> => {
    let isAsked = false;
    const begun = (sends: boolean): void => {
      isAsked = true;
      if (sends) stuck.set(name, true);
    };
    try {
      const result = await work(noting(options, begun));
      if (isAsked) reach.found();
      stuck.delete(name);
      return result;
    } catch (error) {
      reach.lost(error);
      const claim = claimOf((await options.folders.claimText(name)) ?? '');
      if (claim) stuck.set(name, stuck.get(name) ?? false);
      return undefined;
    }
  };

/** Left for now; the next change or sweep looks again. */
const PASSING: readonly Left['why'][] = ['incomplete', 'gone', 'claimed'];

/** The claims that are there before this bridge makes one. */
const leftBehind = async (folders: RelayFolders): Promise<readonly string[]> => {
  await folders.sweep();
  return folders.claims();
};

/** Makes a bridge; nothing happens until it is called. */
export const createBridge = (options: BridgeOptions): Bridge => {
  const { folders, clock, tell, fallbackMs } = options;
  const reach = createReach(options);
  const open = new Map<string, Open>();
  const stuck: Stuck = new Map();
  /** When a file was written that is left to the original. */
  const leftAt = new Map<string, number>();

  const hold = (taken: Taken, kind: 'taken' | 'resumed'): void => {
    open.set(taken.name, { ...taken, since: clock.now() });
    tell({ kind, name: taken.name });
  };
  const leave = (name: string, writtenAt: number, left: Left): void => {
    if (PASSING.includes(left.why)) return;
    leftAt.set(name, writtenAt);
    tell({ kind: 'left', name, left });
  };
  const trying = createTrying(options, reach, stuck);
  const takeOne = async ({ name, writtenAt }: RelayFile): Promise<void> => {
    const taken = await trying(name, (deps) => takeJobFile(name, deps));
    if (taken?.kind === 'taken') hold(taken, 'taken');
    else if (taken) leave(name, writtenAt, taken);
  };
  const resumeOne = async (name: string): Promise<void> => {
    const taken = await trying(name, (deps) => resume(name, deps));
    if (taken) hold(taken, 'resumed');
  };
  /** What was surely not sent goes back; what may have been sent waits for the mesh. */
  const handBack = async (): Promise<void> => {
    if (reach.lostForMs() < Math.max(1, fallbackMs)) return;
    for (const [name, maySent] of stuck) {
      if (maySent) continue;
      await folders.release(name);
      stuck.delete(name);
      tell({ kind: 'handed back', name });
    }
  };
  const deliverOne = async (one: Open): Promise<boolean> => {
    const { name, claim, since } = one;
    try {
      const record = await endOf(one, options);
      reach.found();
      if (!record) return false;
      await deliver(one, record, options);
      open.delete(name);
      const tookMs = clock.now() - since;
      tell({ kind: 'done', name, id: claim.id, status: record.status, tookMs });
      return true;
    } catch (error) {
      reach.lost(error);
      return false;
    }
  };
  return {
    recover: async () => void (await mapPool(await leftBehind(folders), AT_ONCE, resumeOne)),
    take: async () => {
      await mapPool([...stuck.keys()], AT_ONCE, resumeOne);
      await handBack();
      const fresh = (await folders.jobs()).filter(
        ({ name, writtenAt }) =>
          !open.has(name) && !stuck.has(name) && leftAt.get(name) !== writtenAt,
      );
      await mapPool(fresh, AT_ONCE, takeOne);
    },
    deliver: async () => {
      const done = await mapPool([...open.values()], AT_ONCE, deliverOne);
      return done.filter(Boolean).length;
    },
    get open() {
      return open.size + stuck.size;
    },
  };
};
