/** What is known of a host's liveness: the part of the shard's packed state that is its own. */
import type { FailReason, InconclusiveReason } from './probeOutcome.ts';

export const HOST_STATES = ['unknown', 'online', 'busy', 'degraded', 'offline'] as const;
export type HostState = (typeof HOST_STATES)[number];

/** `certDays` of a host that showed no certificate. */
export const NO_CERTIFICATE = -32_768;

export interface Live {
  /** The host's number within its shard. */
  readonly number: number;
  readonly state: HostState;
  /** The last state that was announced, where it is another one: an overlay kept the rest quiet. */
  readonly announced?: HostState;
  /** Consecutive fails, and consecutive probes that did not fail. */
  readonly fails: number;
  readonly passes: number;
  /** Of the last five probes, the slow ones: bit 0 is the latest. */
  readonly slow: number;
  /** Of the last 20 probes, those that changed the state: bit 0 is the latest. */
  readonly changes: number;
  /** Consecutive inconclusive probes, and why the latest of them said nothing. */
  readonly inconclusive: number;
  readonly inconclusiveReason?: InconclusiveReason;
  /** Smoothed latency and its variation, in ms (RFC 6298). */
  readonly srttMs: number;
  readonly rttvarMs: number;
  /** Of the state, and of the first of the latest fails, in s since the epoch; 0 for none. */
  readonly since: number;
  readonly failedSince: number;
  /** Counts the changes of state. */
  readonly seq: number;
  readonly reason: FailReason | 'slow' | 'stuck_busy' | 'none';
  /** Until its certificate expires; {@link NO_CERTIFICATE} when it is not known. */
  readonly certDays: number;
  readonly flapping: boolean;
  /** Looks and passes since the hour began, for the rollups: a probe that looked twice counts twice. */
  readonly hourProbes: number;
  readonly hourPasses: number;
}

/** One change of state; `host#seq` names it for ever. */
export interface Change {
  readonly host: string;
  readonly number: number;
  readonly seq: number;
  readonly from: HostState;
  readonly to: HostState;
  readonly reason: Live['reason'];
  /** When the new state began: an outage began with the first fail. ms since the epoch. */
  readonly since: number;
  /** When it was found out, ms since the epoch. */
  readonly at: number;
  /** The host changes too often: programs are told of this one, people are not. */
  readonly muted: boolean;
  /** Nobody is told: the host is drained or under maintenance, or is again what they were told. */
  readonly silent?: true;
}
