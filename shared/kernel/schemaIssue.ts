/**
 * The complaint of a schema in words, the same for envelopes, hosts and all other input. Schemas of
 * other libraries than valibot give a message alone.
 */
interface SchemaIssue {
  readonly type?: string;
  readonly expected?: string | null;
  readonly received?: string;
  readonly message: string;
}

/** What is wrong with a field, to be put behind its path. */
export const reasonOf = ({ type, expected, received, message }: SchemaIssue): string => {
  const ofObject = type === 'strict_object' || type === 'object';
  if (ofObject && expected === 'never') return 'unknown field';
  return ofObject && received === 'undefined' ? 'is missing' : message;
};
