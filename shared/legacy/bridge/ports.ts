/** What the bridge needs of the original's folders and of the mesh. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { Json } from '#shared/kernel/json.ts';
import type { FileIdentity } from './claim.ts';

/** A job file in a list. */
export interface RelayFile {
  readonly name: string;
  /** ms since the epoch. */
  readonly writtenAt: number;
}

/** The folders in which the original's core and its workers exchange files. */
export interface RelayFolders {
  /** The job files that are there, by their names without `.job.json`, the oldest first. */
  jobs(): Promise<readonly RelayFile[]>;
  /** Names of claimed job files, whether the job file is still there or not. */
  claims(): Promise<readonly string[]>;
  /** Removes half-written claims. Only for the one bridge of the folders, before it claims. */
  sweep(): Promise<void>;
  /** undefined: there is no such file any more. */
  read(name: string): Promise<{ readonly text: string; readonly file: FileIdentity } | undefined>;
  /**
   * Claims a file; false when somebody has claimed it. The claim never grows old: the original takes
   * a claim of more than five minutes for left behind, and would run a job that the mesh has.
   */
  claim(name: string, text: string): Promise<boolean>;
  /** The text of a claim; undefined when there is none. */
  claimText(name: string): Promise<string | undefined>;
  /** Replaces the text of a claim, the old one or the new one being there at any time. */
  reclaim(name: string, text: string): Promise<void>;
  release(name: string): Promise<void>;
  /** Removes the job file, when it is still this one. */
  remove(name: string, file: FileIdentity): Promise<void>;
  /** Writes a result, durably, under a name that nobody reads. */
  prepare(id: string, text: string): Promise<void>;
  /** Gives a prepared result its name; does nothing when that was done before. */
  publish(id: string): Promise<void>;
}

/** Why the mesh does not take a job. */
export interface BridgeRefusal {
  readonly code: string;
  readonly message: string;
}

/** The mesh, as the bridge uses it. */
export interface BridgeMesh {
  get(id: string): Promise<JobRecord | undefined>;
  /** Sends a job; sending it again makes no second job. undefined: it is sent. */
  send(envelope: Envelope): Promise<BridgeRefusal | undefined>;
  /** Puts a job that ended without a result back. */
  again(record: JobRecord): Promise<BridgeRefusal | undefined>;
  result(record: JobRecord): Promise<Json | undefined>;
}
