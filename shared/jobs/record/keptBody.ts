/** The body of a job's message that its row keeps, while the job has no message. */

/** The message body of a job without a message: inline, or its key in the bucket. */
export interface KeptBody {
  readonly envelope?: string;
  readonly envelopeRef?: string;
}

/**
 * What a row must lose when it gets this body: an older body in the other place. Else the older body
 * would be sent in place of a redriven one.
 */
export const otherBody = ({
  envelope,
  envelopeRef,
}: KeptBody): readonly ('envelope' | 'envelopeRef')[] => {
  if (envelope !== undefined) return ['envelopeRef'];
  return envelopeRef === undefined ? [] : ['envelope'];
};
