/**
 * One rule for every name that comes from outside: ids, groups, sources, missions, accounts, hosts,
 * schedules. What it refuses breaks keys and lines of text (control characters, line separators), is
 * changed by UTF-8 (lone surrogates), or is refused by SQS (U+FFFE, U+FFFF).
 */

/** Without flags, so that a JSON Schema can publish it: it reads the same with `u` and without. */
export const NAME_PATTERN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  /^(?:[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufffe\uffff]|[\ud800-\udbff][\udc00-\udfff])+$/;

export const NAME_RULE = 'must not contain control characters, line breaks or lone surrogates';

/** Why a name is refused, to be put behind the name of its field; undefined when it is not. */
export const nameFault = (name: string): string | undefined => {
  if (name === '') return 'must not be empty';
  return NAME_PATTERN.test(name) ? undefined : NAME_RULE;
};
