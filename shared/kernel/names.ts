/**
 * One rule for every name that comes from outside: ids, groups, sources, missions, accounts, hosts,
 * schedules. The rule refuses characters that break keys and lines of text (control characters,
 * line separators), that UTF-8 changes (lone surrogates), or that SQS refuses (U+FFFE, U+FFFF).
 */

/**
 * A JSON Schema publishes this pattern: so it has no flags, and means the same with `u` and
 * without.
 */
export const NAME_PATTERN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  /^(?:[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufffe\uffff]|[\ud800-\udbff][\udc00-\udfff])+$/;

/** The rule in words, to be put behind the name of a field. */
export const NAME_RULE = 'must not contain control characters, line breaks or lone surrogates';

/** Why a name is refused, to be put behind the name of its field; undefined for a good name. */
export const nameFault = (name: string): string | undefined => {
  if (name === '') return 'must not be empty';
  return NAME_PATTERN.test(name) ? undefined : NAME_RULE;
};
