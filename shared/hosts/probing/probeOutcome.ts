/** The outcome of one probe; several outcomes make the state of a host. */

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
  /** A job's call found the host dead. */
  | 'call';

/** Why a probe says nothing about its host: the prober was at fault. */
export type InconclusiveReason =
  | 'descriptors'
  | 'dns_down'
  | 'event_loop'
  | 'clock_jump'
  | 'forbidden_address'
  | 'skipped'
  | 'mass_failure';

/** Times in ms; absent for a phase that did not occur or was not reached. */
export interface Phases {
  readonly dns?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly firstByte?: number;
}

interface Measured {
  /** Length of the probe, in ms. */
  readonly ms: number;
  readonly phases: Phases;
  readonly status?: number;
  /** Whole days until the certificate expires; negative when it has expired. */
  readonly certDays?: number;
}

export type ProbeOutcome =
  | ({ readonly kind: 'ok' | 'slow' } & Measured)
  /** The host answered that it takes no more jobs for now. */
  | ({ readonly kind: 'busy'; readonly retryAfterSeconds?: number } & Measured)
  | ({ readonly kind: 'fail'; readonly reason: FailReason; readonly detail: string } & Measured)
  | { readonly kind: 'inconclusive'; readonly reason: InconclusiveReason; readonly detail: string };

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  /** The outcome is that of a second request: the first request failed. */
  readonly reprobed: boolean;
}
