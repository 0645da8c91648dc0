/** A schema's complaint in words: the same for envelopes, hosts and whatever else is refused. */
interface SchemaIssue {
  readonly type: string;
  readonly expected: string | null;
  readonly received: string;
  readonly message: string;
}

export const reasonOf = ({ type, expected, received, message }: SchemaIssue): string => {
  const ofObject = type === 'strict_object' || type === 'object';
  if (ofObject && expected === 'never') return 'unknown field';
  return ofObject && received === 'undefined' ? 'is missing' : message;
};
