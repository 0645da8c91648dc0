/** What the job rules need of the outside; adapters are in dynamo/, sqs/, s3/ and http/. */
import type {
  ClaimOutcome,
  ClaimRequest,
  FencedOutcome,
  JobRecord,
  Lease,
  Transition,
} from './record.ts';

/** The Jobs table. Every write is one conditional request, safe to repeat. */
export interface JobStore {
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Ends or pauses an attempt; refused when the lease is no longer ours. */
  transition(lease: Lease, change: Transition): Promise<FencedOutcome>;
  /** Moves `leaseUntil` (ms since the epoch); refused when the lease is no longer ours. */
  extend(lease: Lease, leaseUntil: number): Promise<FencedOutcome>;
  /** Creates a record for input that cannot run; false when its id is taken by something else. */
  quarantine(record: JobRecord): Promise<boolean>;
  get(id: string): Promise<JobRecord | undefined>;
}

/** What is too large for an item. Keys are given by the caller and never overwritten with other content. */
export interface Blobs {
  put(key: string, body: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/** A message as the worker holds it. */
export interface Delivery {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly queueUrl: string;
  readonly priority: string;
  readonly group: string;
  readonly body: string;
  /** When the producer sent it, ms since the epoch. */
  readonly sentAt: number;
}

export interface Visibility {
  /** Makes each message visible again after `seconds` (0 to 43,200); returns the ids that were refused. */
  change(
    entries: readonly { readonly delivery: Delivery; readonly seconds: number }[],
  ): Promise<readonly string[]>;
}

export interface WorkspaceFile {
  /** Relative to the workspace's root, with "/" between segments. */
  readonly path: string;
  readonly bytes: number;
}

/** Directories of files that jobs work on; a path cannot leave its workspace. */
export interface Workspaces {
  /** Files below `directory` ("" is the root), sorted by path; at most `limit`. */
  list(
    workspace: string,
    directory: string,
    options: { readonly recursive: boolean; readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<{ readonly files: readonly WorkspaceFile[]; readonly truncated: boolean }>;
  /** undefined when there is no such file. `limitBytes` bounds what is read. */
  read(
    workspace: string,
    path: string,
    options: { readonly limitBytes: number; readonly signal?: AbortSignal },
  ): Promise<
    { readonly text: string; readonly bytes: number; readonly truncated: boolean } | undefined
  >;
  write(
    workspace: string,
    path: string,
    content: string | Uint8Array,
    options: { readonly signal?: AbortSignal },
  ): Promise<void>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What of the answer's body is kept, in bytes. */
  readonly limitBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

export interface HttpClient {
  /** One request, no redirects followed. @throws RetryableError, or PermanentError for a forbidden address. */
  request(request: HttpRequest): Promise<HttpAnswer>;
}
