/**
 * Keeps the system state of the original's core and of the mesh the same while both run. Both know
 * the same five states and the same changes between them.
 */
import { SYSTEM_STATES, type SystemState } from '#shared/control/state.ts';

/** The state of one side. */
interface SideState {
  readonly state: SystemState;
  /** Since when, in ms since the epoch. */
  readonly since: number;
}

/** One side, to be read and changed. */
export interface StateSide {
  read(): Promise<SideState>;
  /** Why the change is refused; undefined when it is made. */
  change(to: SystemState, reason: string): Promise<string | undefined>;
}

/** What was done in one turn. */
export type Mirrored =
  | { readonly kind: 'same' }
  | {
      readonly kind: 'changed' | 'refused';
      readonly side: 'mesh' | 'original';
      readonly from: SystemState;
      readonly to: SystemState;
      readonly why?: string;
    };

/** The state in a text; undefined for a state that there is not. */
export const systemStateIn = (text: unknown): SystemState | undefined =>
  SYSTEM_STATES.find((state) => state === text);

interface Sides {
  readonly mesh: StateSide;
  readonly original: StateSide;
}

/**
 * Makes a mirror. A side that has changed since both were the same is followed by the other; when
 * both have, the later change counts. At the first turn the mesh counts: the original's core is
 * `PAUSED` after each start. A change that is refused is not tried again until a side changes.
 */
export const createMirror = ({ mesh, original }: Sides): (() => Promise<Mirrored>) => {
  let agreed: SystemState | undefined;
  let refused = '';

  const follows = (ours: SideState, theirs: SideState): 'mesh' | 'original' => {
    if (agreed === undefined || theirs.state === agreed) return 'original';
    if (ours.state === agreed) return 'mesh';
    return theirs.since > ours.since ? 'mesh' : 'original';
  };
  /** The side that follows takes over the state of the other. */
  const follow = async (ours: SystemState, theirs: SystemState, side: 'mesh' | 'original') => {
    const isMesh = side === 'mesh';
    const [from, to] = isMesh ? [ours, theirs] : [theirs, ours];
    const reason = isMesh ? 'as the original' : 'as the mesh';
    const why = await (isMesh ? mesh : original).change(to, reason);
    if (why !== undefined) return { kind: 'refused', side, from, to, why } as const;
    agreed = to;
    return { kind: 'changed', side, from, to } as const;
  };
  return async () => {
    const [ours, theirs] = await Promise.all([mesh.read(), original.read()]);
    if (ours.state === theirs.state) agreed = ours.state;
    const pair = `${ours.state} ${theirs.state}`;
    if (ours.state === theirs.state || pair === refused) return { kind: 'same' };
    const done = await follow(ours.state, theirs.state, follows(ours, theirs));
    if (done.kind === 'refused') refused = pair;
    return done;
  };
};
