/**
 * The complaint of a valibot schema in words, the same for envelopes, hosts and all other input.
 */
interface SchemaIssue {
  readonly type: string;
  readonly expected: string | null;
  readonly received: string;
  readonly message: string;
}

/** What is wrong with a field, to be put behind its path. */
export const reasonOf = ({ type, expected, received, message }: SchemaIssue): string => {
  const ofObject = type === 'strict_object' || type === 'object';
  if (ofObject && expected === 'never') return 'unknown field';
  return ofObject && received === 'undefined' ? 'is missing' : message;
};
