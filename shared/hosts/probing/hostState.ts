/** The state of a host: its own part of the shard's packed state. */
import type { FailReason, InconclusiveReason } from './probeOutcome.ts';

export const HOST_STATES = ['unknown', 'online', 'busy', 'degraded', 'offline'] as const;
export type HostState = (typeof HOST_STATES)[number];

/** `certDays` of a host without a known certificate. */
export const NO_CERTIFICATE = -32_768;

export interface Live {
  /** The host's number within its shard. */
  readonly number: number;
  readonly state: HostState;
  /** The last announced state, when it differs: an overlay kept later changes silent. */
  readonly announced?: HostState;
  /** Consecutive fails; `passes`: consecutive probes that did not fail. */
  readonly fails: number;
  readonly passes: number;
  /** Which of the last five probes were slow, as bits; bit 0 is the latest. */
  readonly slow: number;
  /** Which of the last 20 probes changed the state, as bits; bit 0 is the latest. */
  readonly changes: number;
  /** Consecutive inconclusive probes; the next field is the reason of the latest. */
  readonly inconclusive: number;
  readonly inconclusiveReason?: InconclusiveReason;
  /** Smoothed latency and its variation, in ms (RFC 6298). */
  readonly srttMs: number;
  readonly rttvarMs: number;
  /** Seconds since the epoch; 0 for none. Start of the state, and first of the latest fails. */
  readonly since: number;
  readonly failedSince: number;
  /** Number of changes of state so far. */
  readonly seq: number;
  readonly reason: FailReason | 'slow' | 'stuck_busy' | 'none';
  /** Days until the certificate expires; {@link NO_CERTIFICATE} when it is not known. */
  readonly certDays: number;
  readonly flapping: boolean;
  /**
   * Requests and passes since the start of the hour, for the rollups. A probe with two requests counts
   * twice.
   */
  readonly hourProbes: number;
  readonly hourPasses: number;
}

/** One change of state. `host#seq` names the change for ever. */
export interface StateChange {
  readonly host: string;
  readonly number: number;
  readonly seq: number;
  readonly from: HostState;
  readonly to: HostState;
  readonly reason: Live['reason'];
  /** Start of the new state, ms since the epoch. An outage starts with its first fail. */
  readonly since: number;
  /** When the change was found, ms since the epoch. */
  readonly at: number;
  /** The host flaps: the event bus gets this change, the topic for people does not. */
  readonly muted: boolean;
  /** The change is not announced: the host has an overlay, or is back in the announced state. */
  readonly silent?: true;
}
