/** Why a message body is no job that could run. */

/** What is wrong with an envelope; senders and the worker use the same codes. */
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
    | 'VERSION_NEWER'
    | 'PAYLOAD_INVALID'
    | 'ID_TAKEN'
    | 'IDEMPOTENCY_MISMATCH'
    | 'QUEUE_REFUSED';
  /** The path of the field, with dots; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}
