/** What one probe found; the verdict on the host is made of several. */

export type FailReason =
  | 'refused'
  | 'timeout'
  | 'reset'
  | 'dns'
  | 'unreachable'
  | 'tls'
  | 'certificate_expired'
  | 'status'
  | 'body'
  | 'protocol'
  /** A call of a job found it dead. */
  | 'call';

/** Why a probe says nothing about its host: the fault was ours. */
export type InconclusiveReason =
  | 'descriptors'
  | 'dns_down'
  | 'event_loop'
  | 'clock_jump'
  | 'forbidden_address'
  | 'skipped'
  | 'mass_failure';

/** In ms; absent where the probe did not get so far, or the phase did not occur. */
export interface Phases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly firstByte?: number;
}

interface Measured {
  /** From the start to the end of the probe, in ms. */
  readonly ms: number;
  readonly phases: Phases;
  readonly status?: number;
  /** Until the certificate expires, in whole days; negative when it has. */
  readonly certDays?: number;
}

export type ProbeOutcome =
  | ({ readonly kind: 'ok' | 'slow' } & Measured)
  /** The host answers that it takes nothing more for now. */
  | ({ readonly kind: 'busy'; readonly retryAfterSeconds?: number } & Measured)
  | ({ readonly kind: 'fail'; readonly reason: FailReason; readonly detail: string } & Measured)
  | { readonly kind: 'inconclusive'; readonly reason: InconclusiveReason; readonly detail: string };

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  /** The outcome is of a second look: the first one failed. */
  readonly reprobed: boolean;
}
