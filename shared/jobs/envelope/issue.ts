/** Why a message body is no job that could run. */

export interface EnvelopeIssue {
  readonly code:
    | 'TOO_LARGE'
    | 'NOT_JSON'
    | 'NOT_AN_OBJECT'
    | 'TOO_DEEP'
    | 'NUL_BYTE'
    | 'PROTOTYPE_KEY'
    | 'LONE_SURROGATE'
    | 'NUMBER_INEXACT'
    | 'ENVELOPE_WRAPPED'
    | 'ENVELOPE_INVALID'
    | 'NO_PARENT_HOLD'
    | 'UNKNOWN_KIND'
    | 'PAYLOAD_INVALID'
    | 'ID_TAKEN'
    | 'IDEMPOTENCY_MISMATCH'
    | 'QUEUE_REFUSED';
  /** The field, dotted; empty when the body as a whole is meant. */
  readonly path: string;
  readonly message: string;
}
