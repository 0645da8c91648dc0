/**
 * Carries one job file over the bridge: claim, job, result. Every step may be the last one of a
 * process; the next process finds in the claim how far the file is. In the end there was one job,
 * one result appeared, and neither the file nor the claim is left.
 */

import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { isJsonObject } from '#shared/kernel/json.ts';
import { envelopeOfJobFile } from '../jobFile.ts';
import { type BridgeClaim, claimOf, claimText, isSameFile } from './claim.ts';
import type { BridgeMesh, RelayFolders } from './ports.ts';
import { DEFAULT_WORKER, resultFileText } from './resultFile.ts';

/** What the bridge carries, and between what. */
export interface BridgeDeps {
  readonly folders: RelayFolders;
  readonly mesh: BridgeMesh;
  /** Whether jobs of the kind go to the mesh. */
  readonly takes: (kind: string) => boolean;
  /** The worker whose files are taken; undefined: those of all workers. */
  readonly worker: string | undefined;
}

/** Why a file stays with the original. */
export interface Left {
  readonly kind: 'left';
  /** `incomplete`: the file is still being written. */
  readonly why: 'incomplete' | 'gone' | 'claimed' | 'other kind' | 'other worker' | 'refused';
  readonly message?: string;
}

/** A file that was claimed. */
export interface Taken {
  readonly kind: 'taken';
  readonly name: string;
  readonly claim: BridgeClaim;
}

const left = (why: Left['why'], message?: string): Left => ({
  kind: 'left',
  why,
  ...(message !== undefined && { message }),
});

/** The result's file is named after the job. */
const isFileName = (id: string): boolean => !/[/\\]/.test(id) && id !== '..';

interface ReadFile {
  readonly kind: 'read';
  readonly envelope: Envelope;
  readonly claim: Omit<BridgeClaim, 'seen'>;
}

/** The job in a file, when it is one that the bridge takes. Changes nothing. */
export const readJobFile = async (name: string, deps: BridgeDeps): Promise<ReadFile | Left> => {
  const found = await deps.folders.read(name);
  if (!found) return left('gone');
  const json = parseHostileJson(found.text);
  // A file that is written in place is no JSON until its last byte is there.
  if (!json.ok) return left('incomplete', json.error.message);
  const job = envelopeOfJobFile(found.text, `${name}.job.json`);
  if (!job.ok) return left('refused', job.error.message);
  const named = isJsonObject(json.value) ? json.value['worker_id'] : undefined;
  const workerId = typeof named === 'string' && named !== '' ? named : undefined;
  if (deps.worker !== undefined && workerId !== undefined && workerId !== deps.worker)
    return left('other worker', workerId);
  const envelope = job.value;
  if (!deps.takes(envelope.kind)) return left('other kind', envelope.kind);
  const id = envelope.id ?? name;
  if (!isFileName(id)) return left('refused', `job_id ${id} cannot be part of a file name`);
  return {
    kind: 'read',
    envelope: { ...envelope, id },
    claim: { phase: 'claimed', id, workerId: workerId ?? DEFAULT_WORKER, file: found.file },
  };
};

/** Whether the row tells of an earlier run of the job, which the original now asks for again. */
const isEarlier = (record: JobRecord, { seen }: BridgeClaim): boolean =>
  isTerminal(record.status) && record.status !== 'COMPLETED' && record.updatedAt === seen;

/** Brings the job of a claim into the mesh, however often it is called. */
const bring = async (
  { name, claim }: Taken,
  envelope: Envelope,
  { folders, mesh }: BridgeDeps,
): Promise<Taken | Left> => {
  const record = await mesh.get(claim.id);
  if (record && !isEarlier(record, claim)) return { kind: 'taken', name, claim };
  const not =
    record && record.status !== 'QUARANTINED'
      ? await mesh.again(record)
      : await mesh.send(envelope);
  if (!not) return { kind: 'taken', name, claim };
  await folders.release(name);
  return left('refused', `${not.code}: ${not.message}`);
};

/**
 * Claims a job file and brings its job into the mesh. A file that the mesh refuses is let go, so
 * that the original's worker gets it.
 */
export const takeJobFile = async (name: string, deps: BridgeDeps): Promise<Taken | Left> => {
  const read = await readJobFile(name, deps);
  if (read.kind === 'left') return read;
  const before = await deps.mesh.get(read.claim.id);
  const claim: BridgeClaim = { ...read.claim, seen: before?.updatedAt ?? null };
  if (!(await deps.folders.claim(name, claimText(claim)))) return left('claimed');
  // The original's worker may have done the job since the look, and taken its claim away.
  const now = await deps.folders.read(name);
  if (!now || !isSameFile(now.file, claim.file)) {
    await deps.folders.release(name);
    return left('gone');
  }
  return bring({ kind: 'taken', name, claim }, read.envelope, deps);
};

/** Publishes the prepared result and clears up. */
const finish = async ({ name, claim }: Taken, { folders }: BridgeDeps): Promise<void> => {
  // First: once the result is there, the original may write the next file of this name.
  await folders.remove(name, claim.file);
  await folders.publish(claim.id);
  await folders.release(name);
};

/** Writes the result of a job that has ended. */
export const deliver = async (
  { name, claim }: Taken,
  record: JobRecord,
  deps: BridgeDeps,
): Promise<void> => {
  const { folders, mesh } = deps;
  const result = record.status === 'COMPLETED' ? await mesh.result(record) : undefined;
  await folders.prepare(claim.id, resultFileText(record, result, claim.workerId));
  const ready: Taken = { kind: 'taken', name, claim: { ...claim, phase: 'ready' } };
  await folders.reclaim(name, claimText(ready.claim));
  await finish(ready, deps);
};

/**
 * Goes on with a claim that a bridge before this one left behind.
 *
 * @returns undefined when nothing is left to do, or the claim is not a bridge's
 */
export const resume = async (name: string, deps: BridgeDeps): Promise<Taken | undefined> => {
  const claim = claimOf((await deps.folders.claimText(name)) ?? '');
  if (!claim) return undefined;
  const taken: Taken = { kind: 'taken', name, claim };
  if (claim.phase === 'ready') {
    await finish(taken, deps);
    return undefined;
  }
  const read = await readJobFile(name, { ...deps, takes: () => true, worker: undefined });
  // Without its file the claim tells of nothing that somebody waits for.
  if (read.kind === 'left' || !isSameFile(read.claim.file, claim.file)) {
    await deps.folders.release(name);
    return undefined;
  }
  const brought = await bring(taken, read.envelope, deps);
  return brought.kind === 'taken' ? brought : undefined;
};

/** The row of a job that has ended, when its end is of this claim and not of an earlier run. */
export const endOf = async (
  { claim }: Taken,
  { mesh }: BridgeDeps,
): Promise<JobRecord | undefined> => {
  const record = await mesh.get(claim.id);
  return record && isTerminal(record.status) && !isEarlier(record, claim) ? record : undefined;
};
