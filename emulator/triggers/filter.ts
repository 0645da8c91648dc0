/** Filter patterns of event source mappings and rules; an unknown rule is an error. */
import { LocalCloudError } from '../errors.ts';

type Pattern = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Pattern =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const unknownRule = (name: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Filter rule "${name}" is not supported here`);
};

/**
 * A rule such as `[">", 0, "<=", 5]`: pairs of an operator and a limit. DynamoDB's numbers are
 * strings.
 */
const numeric = (value: unknown, rule: readonly unknown[]): boolean => {
  const number = Number(value);
  if (value === undefined || value === '' || Number.isNaN(number)) return false;
  for (let index = 0; index < rule.length; index += 2) {
    const compare = COMPARE[String(rule[index])] ?? unknownRule(String(rule[index]));
    if (!compare(number, Number(rule[index + 1]))) return false;
  }
  return true;
};

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const RULES: Readonly<Record<string, (value: unknown, argument: unknown) => boolean>> = {
  exists: (value, argument) => (value !== undefined) === argument,
  prefix: (value, argument) => typeof value === 'string' && value.startsWith(String(argument)),
  suffix: (value, argument) => typeof value === 'string' && value.endsWith(String(argument)),
  'equals-ignore-case': (value, argument) =>
    typeof value === 'string' && value.toLowerCase() === String(argument).toLowerCase(),
  'anything-but': (value, argument) => value !== undefined && !listOf(argument).includes(value),
  numeric: (value, argument) => numeric(value, listOf(argument)),
};

const matchesRule = (value: unknown, rule: unknown): boolean => {
  if (!isObject(rule)) return value === rule;
  return Object.entries(rule).every(([name, argument]) =>
    (RULES[name] ?? unknownRule(name))(value, argument),
  );
};

/**
 * Whether every key of the pattern matches. A list matches when one of its rules does; an object is
 * a pattern for the value below; `$or` is a list of patterns, one of which must match.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for an unknown rule
 */
export const matchesPattern = (pattern: Pattern, value: unknown): boolean =>
  Object.entries(pattern).every(([key, expected]) => {
    if (key === '$or')
      return listOf(expected).some((one) => isObject(one) && matchesPattern(one, value));
    const actual = isObject(value) ? value[key] : undefined;
    if (Array.isArray(expected)) return expected.some((rule) => matchesRule(actual, rule));
    return isObject(expected) && matchesPattern(expected, actual);
  });

/**
 * Whether one of the patterns matches; without patterns everything passes.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for an unknown rule
 */
export const passesFilters = (patterns: readonly Pattern[], value: unknown): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, value));
