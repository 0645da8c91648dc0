/** What the job rules need of the outside; adapters are in dynamo/, sqs/, s3/ and http/. */
import type { Priority } from '#shared/contracts/queues.ts';
import type { Chain } from '#shared/legacy/chains/guards.ts';

import type { ClaimOutcome, ClaimRequest, FencedOutcome } from '../record/claimOutcome.ts';
import type { JobRecord, Lease, Receipt, Repeat, Status } from '../record/record.ts';

import type { Transition } from '../record/transitions.ts';

/** The Jobs table. Every write is one conditional request, safe to repeat. */
export interface JobStore {
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Ends or pauses an attempt; refused when the lease is no longer ours. */
  transition(lease: Lease, change: Transition): Promise<FencedOutcome>;
  /** Changes a job that no attempt holds; refused when it is not as it was `seen` any more. */
  change(seen: JobRecord, change: Transition): Promise<FencedOutcome>;
  /** Writes beside a running attempt, and answers with the whole row; refused without its lease. */
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
  /** Notes what else came under a job's id: each message once, a bounded number of them. */
  note(id: string, repeat: Repeat): Promise<void>;
  /** Deletes a row that counts as gone, if it still is as given. */
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
}

/** Who waits for whom. Edges are written before anybody looks for them, and expire by themselves. */
export interface FlowStore {
  /** Of those jobs that have a row. */
  statuses(ids: readonly string[]): Promise<ReadonlyMap<string, Status>>;
  /** @param expiresAt TTL, in seconds since the epoch */
  addEdges(edges: readonly Edge[], expiresAt: number): Promise<void>;
  /**
   * Notes on the job that others wait for its end; one that has ended answers with how. Either
   * the note is there before the end, or the end is there before the note: none is missed.
   */
  awaitEnd(dependency: string, expiresAt: number): Promise<Status | undefined>;
  edgesOf(dependency: string): Promise<readonly Edge[]>;
  /** Strikes off dependencies; the row when it still waits, undefined when it does not. */
  fulfil(dependant: string, ordinals: readonly number[]): Promise<JobRecord | undefined>;
}

/** Chains of follow-up jobs. */
export interface ChainStore {
  get(id: string): Promise<Chain | undefined>;
  /** false when somebody else was faster. */
  put(chain: Chain): Promise<boolean>;
}

/** What a source may use; unlimited where a field is absent. */
export interface SourceLimits {
  /** Starts per minute, evenly spaced; `burst` of them may come at once. */
  readonly perMinute?: number;
  readonly burst?: number;
  /** Attempts that may run at the same time. */
  readonly concurrency?: number;
}

/** Whether jobs may start at all, and under which limits. */
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

/** What sources use of their limits. */
export interface Limiter {
  /** Reserves one start; answers when it is, in ms since the epoch. */
  reserve(source: string, limits: SourceLimits, now: number): Promise<number>;
  /** Takes a slot until `until` (ms since the epoch), or finds none free. Taking it twice is once. */
  enter(source: string, concurrency: number, id: string, until: number): Promise<boolean>;
  leave(source: string, id: string): Promise<void>;
}

/** Jobs on their way into the queues. */
export interface Outgoing {
  /**
   * Resolves when every message is in its queue, with those that it will never take. Rejects while
   * some may be taken later; sending one again does no harm.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly NotTaken[]>;
}

/** Says that jobs ended to whoever asked to be called back. */
export interface Announcements {
  /** Resolves when all are queued; announcing an end twice is once. */
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

export interface DeliveryState {
  readonly id: string;
  readonly state: Try['state'];
  readonly url: string;
  /** All of them; `tries` keeps the last ones. */
  readonly count: number;
  readonly tries: readonly Try[];
  /** ms since the epoch. */
  readonly nextAt?: number;
}

export interface DeliveryLog {
  add(record: JobRecord, tried: Try, nextAt: number | undefined): Promise<void>;
  get(id: string): Promise<DeliveryState | undefined>;
  /** Ids of jobs whose callback was given up. */
  failed(limit: number): Promise<readonly string[]>;
}

export interface Secrets {
  /** What callbacks are signed with: the current secret, and the one before while it is rotated. */
  callback(): Promise<readonly string[]>;
  /** Makes a new secret the current one and returns it. */
  rotate(): Promise<string>;
}

/** Parked and waiting jobs by the time to look at them. */
export interface DueReader {
  /** @param until ms since the epoch */
  until(until: number): AsyncIterable<readonly JobRecord[]>;
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
  readonly deduplicationId?: string | undefined;
  /** Its SQS group, where that is not its job's: the job has kept its place in `group`. */
  readonly messageGroup?: string | undefined;
  /** When the producer sent it, ms since the epoch. */
  readonly sentAt: number;
  /** How often SQS has handed it out. */
  readonly receives: number;
  /** Sent by the mesh for the job of this id, which it holds already: its wait is over. */
  readonly released?: string | undefined;
  readonly traceHeader?: string | undefined;
}

export interface Visibility {
  /** Makes each message visible again after `seconds` (0 to 43,200); returns the ids that were refused. */
  change(
    entries: readonly {
      readonly delivery: Pick<Delivery, 'messageId' | 'receiptHandle' | 'queueUrl'>;
      readonly seconds: number;
    }[],
  ): Promise<readonly string[]>;
  /** Makes a message in flight visible at once; false when its receipt no longer counts. */
  release(receipt: Receipt): Promise<boolean>;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What of the answer's body is kept, in bytes. */
  readonly limitBytes: number;
  /** How long a connection may take, in ms; as long as the signal allows when absent. */
  readonly connectMs?: number;
  /** Where the status is the answer: how long its body may take, in ms; then it is cut there. */
  readonly bodyMs?: number;
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

export interface OutgoingMessage {
  readonly priority: Priority;
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
  /** The id of the job, when the mesh sends this for a job that it holds already. */
  readonly released?: string;
  /** The job's group, when the message travels in another one. */
  readonly placedIn?: string;
  readonly traceHeader?: string | undefined;
}

/** A message that its queue will never take, and why. */
export interface NotTaken {
  readonly message: OutgoingMessage;
  readonly code: string;
  readonly reason: string;
}
