/** Ports of the job rules; their adapters are in dynamo/, sqs/, s3/ and http/. */
import type { Priority } from '#shared/contracts/queues.ts';
import type { SourceLimits } from '#shared/contracts/worker.ts';
import type { Chain } from '#shared/legacy/chains/guards.ts';

import type { ClaimOutcome, ClaimRequest, FencedOutcome } from '../record/claimOutcome.ts';
import type { JobRecord, Lease, Receipt, Repeat, Status } from '../record/record.ts';
import type { Transition } from '../record/transitions.ts';

/** The Jobs table. Every write is one conditional request, safe to repeat. */
export interface JobStore {
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Ends or pauses an attempt; refused when the row has another lease. */
  transition(lease: Lease, change: Transition): Promise<FencedOutcome>;
  /** Changes a job without a running attempt; refused when the row is not as it was `seen`. */
  change(seen: JobRecord, change: Transition): Promise<FencedOutcome>;
  /** Writes to the row of a running attempt and returns the row; refused with another lease. */
  amend(
    lease: Lease,
    fields: Partial<
      Pick<JobRecord, 'leaseUntil' | 'progress' | 'cancelRequest' | 'host' | 'history'>
    >,
  ): Promise<FencedOutcome>;
  /** Makes the row of a job that must not run yet, or must not run at all. */
  create(
    record: JobRecord,
  ): Promise<
    { readonly kind: 'created' } | { readonly kind: 'exists'; readonly record: JobRecord }
  >;
  /** Notes another message under a job's id: each message once, up to a bounded number. */
  note(id: string, repeat: Repeat): Promise<void>;
  /** Deletes an expired row, unless the row has changed. */
  forget(record: JobRecord): Promise<void>;
  get(id: string): Promise<JobRecord | undefined>;
}

/** One job that waits for another. */
export interface Edge {
  readonly dependency: string;
  readonly dependant: string;
  /** Which of the dependant's dependencies this is. */
  readonly ordinal: number;
  readonly onFailure: 'fail' | 'run';
  /** The dependant called the dependency, and waits for its end in the middle of its work. */
  readonly call?: true;
}

/** Which jobs wait for which. Edges are written before they are looked for, and have a TTL. */
export interface FlowStore {
  /** The statuses of the jobs that have a row. */
  statuses(ids: readonly string[]): Promise<ReadonlyMap<string, Status>>;
  /** @param expiresAt TTL, in seconds since the epoch */
  addEdges(edges: readonly Edge[], expiresAt: number): Promise<void>;
  /**
   * Notes on the dependency that a job waits for its end; returns its status when it has ended. The
   * note and the end cannot miss each other, because both are conditional writes.
   */
  awaitEnd(dependency: string, expiresAt: number): Promise<Status | undefined>;
  edgesOf(dependency: string): Promise<readonly Edge[]>;
  /** Strikes off dependencies. Returns the row; undefined when the job does not wait any more. */
  fulfil(dependant: string, ordinals: readonly number[]): Promise<JobRecord | undefined>;
}

/** Chains of follow-up jobs. */
export interface ChainStore {
  get(id: string): Promise<Chain | undefined>;
  /** Writes a chain; false when another writer was faster. */
  put(chain: Chain): Promise<boolean>;
}

/** Whether jobs may start, and under which limits. */
export interface Gate {
  check(
    priority: string,
    source: string,
  ): Promise<
    (
      | { readonly kind: 'open'; readonly limits: SourceLimits | undefined }
      | { readonly kind: 'paused'; readonly what: string }
    ) & {
      /** Until then, in ms since the epoch, the table may hold places in groups. */
      readonly heldUntil: number;
    }
  >;
}

/** Sends messages into the job queues. */
export interface Outgoing {
  /**
   * Resolves when each message is in its queue or will never be taken, with the messages of the
   * second kind. Rejects when a queue may take a message later; to send all again does no harm.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly NotTaken[]>;
}

/** Announces ended jobs that asked for a callback. */
export interface Announcements {
  /** Resolves when all announcements are queued. Safe to repeat. */
  announce(ended: readonly JobRecord[]): Promise<void>;
}

/** One try to deliver a callback. */
export interface Try {
  /** ms since the epoch. */
  readonly at: number;
  readonly state: 'DELIVERED' | 'PENDING' | 'FAILED';
  readonly detail: string;
  readonly tookMs: number;
}

/** The delivery log of one job. */
export interface DeliveryState {
  readonly id: string;
  readonly state: Try['state'];
  readonly url: string;
  /** How many tries there were; `tries` keeps the last ones. */
  readonly count: number;
  readonly tries: readonly Try[];
  /** When the next try is due, ms since the epoch; absent when there is none. */
  readonly nextAt?: number;
}

/** The delivery logs of all jobs. */
export interface DeliveryLog {
  add(record: JobRecord, tried: Try, nextAt: number | undefined): Promise<void>;
  get(id: string): Promise<DeliveryState | undefined>;
  /** Ids of jobs whose callback was given up, at most `limit`. */
  failed(limit: number): Promise<readonly string[]>;
}

/** The secrets that sign callbacks. */
export interface Secrets {
  /** The current secret, and the previous one when there was a rotation. */
  callback(): Promise<readonly string[]>;
  /** Makes a new secret the current one, and returns the new secret. */
  rotate(): Promise<string>;
}

/** Parked and waiting jobs that are due. */
export interface DueReader {
  /** Pages of jobs that are due until `until`, ms since the epoch. */
  until(until: number): AsyncIterable<readonly JobRecord[]>;
}

/** Texts that are too large for an item. A caller never writes other content under a used key. */
export interface Blobs {
  put(key: string, body: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/** A message as the worker holds it. */
export interface Delivery {
  /** The id that the sender got, also when the job has moved between queues since. */
  readonly messageId: string;
  /** The id of the message in its queue, where the job has moved between queues. */
  readonly movedAs?: string | undefined;
  readonly receiptHandle: string;
  readonly queueUrl: string;
  readonly priority: string;
  readonly group: string;
  readonly body: string;
  readonly deduplicationId?: string | undefined;
  /** The message's SQS group, where it is not the job's: the job keeps its place in `group`. */
  readonly messageGroup?: string | undefined;
  /** When the producer sent it, ms since the epoch. */
  readonly sentAt: number;
  /** How often SQS has handed out the message; 1 the first time. */
  readonly receives: number;
  /** The id of a job that the table held: the mesh sent this message when the wait was over. */
  readonly released?: string | undefined;
  readonly traceHeader?: string | undefined;
}

/** The message that a job's sender sent, where the job then moved to another queue. */
export type Origin = Pick<Delivery, 'messageId' | 'sentAt' | 'deduplicationId'>;

/** When messages in flight become visible again. */
export interface Visibility {
  /** Makes messages visible after `seconds` (0 to 43,200); returns the message ids SQS refused. */
  change(
    entries: readonly {
      readonly delivery: Pick<Delivery, 'messageId' | 'receiptHandle' | 'queueUrl'>;
      readonly seconds: number;
    }[],
  ): Promise<readonly string[]>;
  /** Makes a message in flight visible at once; false when its receipt is no longer valid. */
  release(receipt: Receipt): Promise<boolean>;
}

/** An outbound request. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** How much of the answer's body is read, in bytes. */
  readonly limitBytes: number;
  /** How long a connection may take, in ms; when absent, as long as the signal allows. */
  readonly connectMs?: number;
  /** Where only the status counts: how long the body may take, in ms, before it is cut off. */
  readonly bodyMs?: number;
}

/** The answer; `truncated` when its body was longer than was read. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

export interface HttpClient {
  /**
   * One request, without redirects.
   * @throws RetryableError; PermanentError for a forbidden address
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

/** A message to send into a job queue. */
export interface OutgoingMessage {
  /** The kind of the job decides about the pool; absent where the body was not checked. */
  readonly kind?: string;
  readonly priority: Priority;
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
  /** The job's id, when the mesh sends the message for a job that the table holds. */
  readonly released?: string;
  /** The job's group, when the message travels in another one. */
  readonly placedIn?: string;
  /** The sender's message, when the mesh moves the job from one queue to another. */
  readonly origin?: Origin;
  readonly traceHeader?: string | undefined;
}

/** A message that its queue will never take, and why. */
export interface NotTaken {
  readonly message: OutgoingMessage;
  readonly code: string;
  readonly reason: string;
}
