/**
 * The bridge's claim of a job file: `<file>.claimed`, as the original's worker makes one. The
 * original's claims are empty; the bridge's claim says how far the bridge is, so that a bridge that
 * was killed goes on there.
 */
import * as v from 'valibot';

/** Tells a file from another file that was later written under its name. */
export interface FileIdentity {
  readonly ino: string;
  readonly mtimeNs: string;
}

/**
 * `claimed`: the job is, or will be, in the mesh. `ready`: its result is written under a name that
 * nobody reads, and is only to be renamed.
 */
export interface BridgeClaim {
  readonly phase: 'claimed' | 'ready';
  /** The job's id, in the original and in the mesh. */
  readonly id: string;
  /** The worker for which the original meant the file; the result carries its name. */
  readonly workerId: string;
  readonly file: FileIdentity;
  /** `updatedAt` of the row that the mesh had of an earlier run of the job, ms since the epoch. */
  readonly seen: number | null;
}

const BY = 'sheratan bridge';

const CLAIM = v.object({
  by: v.literal(BY),
  phase: v.picklist(['claimed', 'ready']),
  id: v.string(),
  workerId: v.string(),
  file: v.object({ ino: v.string(), mtimeNs: v.string() }),
  seen: v.nullable(v.number()),
});

/** The text of a claim's file. */
export const claimText = (claim: BridgeClaim): string =>
  `${JSON.stringify({ by: BY, ...claim })}\n`;

/** The claim in a text; undefined for a claim that the original, or somebody else, made. */
export const claimOf = (text: string): BridgeClaim | undefined => {
  try {
    const parsed = v.safeParse(CLAIM, JSON.parse(text));
    if (!parsed.success) return undefined;
    const { by: _by, ...claim } = parsed.output;
    return claim;
  } catch {
    return undefined;
  }
};

/** Whether two looks saw the same file. */
export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.ino === b.ino && a.mtimeNs === b.mtimeNs;
