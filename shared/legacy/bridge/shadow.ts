/**
 * Shadow mode: the original's worker runs every job and its results count; the mesh runs each job
 * too, under another id, and both results are compared.
 */
import { isTerminal } from '#shared/jobs/record/record.ts';
import { isJsonObject, type Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { type BridgeDeps, readJobFile } from './carry.ts';
import { resultFileText } from './resultFile.ts';

/** What became of a job on both sides. */
export interface Comparison {
  readonly id: string;
  readonly kind: string;
  /** The places where the results differ, such as `files.0`; none: they are equal. */
  readonly differences: readonly string[];
}

/** Compares results; nothing is claimed, and nothing is published. */
export interface Shadow {
  /** Sends the jobs of new files to the mesh. */
  take(): Promise<void>;
  /** The original's worker has written a result. Text that is no JSON yet is ignored. */
  note(id: string, text: string): void;
  /** Compares what has ended on both sides. */
  compare(): Promise<readonly Comparison[]>;
  /** How many jobs have not ended on both sides. */
  readonly open: number;
}

const AT_ONCE = 16;
const DIFFERENCES_MAX = 10;
/** Who ran the job is no part of what came out. */
const ASIDE = ['worker_id'];

const entriesOf = (value: Json): readonly (readonly [string, Json])[] | undefined => {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  return isJsonObject(value) ? Object.entries(value) : undefined;
};

/** The places where two JSON values differ. */
const differencesOf = (a: Json | undefined, b: Json | undefined, at = ''): readonly string[] => {
  const [left, right] = [a, b].map((value) => (value === undefined ? undefined : entriesOf(value)));
  if (!left || !right || Array.isArray(a) !== Array.isArray(b)) return Object.is(a, b) ? [] : [at];
  const [of, other] = [new Map(left), new Map(right)];
  return [...new Set([...of.keys(), ...other.keys()])].flatMap((key) =>
    differencesOf(of.get(key), other.get(key), at === '' ? key : `${at}.${key}`),
  );
};

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const without = (value: Json): Json =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !ASIDE.includes(key)))
    : value;

/** The id under which the mesh runs the job of a file. */
const shadowId = (id: string): string => `shadow-${id}`;

/** Makes a shadow of the original's worker. */
export const createShadow = (deps: BridgeDeps): Shadow => {
  const { folders, mesh } = deps;
  const pending = new Map<string, string>();
  const known = new Set<string>();
  const originals = new Map<string, Json>();

  const takeOne = async (name: string): Promise<void> => {
    const read = await readJobFile(name, deps);
    if (read.kind === 'left') return;
    const { id, kind } = { id: read.claim.id, kind: read.envelope.kind };
    if (await mesh.send({ ...read.envelope, id: shadowId(id) })) return;
    known.add(name);
    pending.set(id, kind);
  };
  const compareOne = async ([id, kind]: readonly [string, string]): Promise<
    Comparison | undefined
  > => {
    const original = originals.get(id);
    if (original === undefined) return undefined;
    const record = await mesh.get(shadowId(id));
    if (!record || !isTerminal(record.status)) return undefined;
    const result = record.status === 'COMPLETED' ? await mesh.result(record) : undefined;
    const ours = parsed(resultFileText(record, result, '')) ?? null;
    pending.delete(id);
    originals.delete(id);
    const differences = differencesOf(without(original), without(ours)).slice(0, DIFFERENCES_MAX);
    return { id, kind, differences };
  };
  return {
    take: async () => {
      const fresh = (await folders.jobs()).filter(({ name }) => !known.has(name));
      await mapPool(fresh, AT_ONCE, ({ name }) => takeOne(name));
    },
    note: (id, text) => {
      const result = parsed(text);
      if (result !== undefined) originals.set(id, result);
    },
    compare: async () =>
      (await mapPool([...pending], AT_ONCE, compareOne)).filter((each) => each !== undefined),
    get open() {
      return pending.size;
    },
  };
};
