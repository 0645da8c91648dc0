/** Options and their parsers that several commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readTime } from '#shared/kernel/time.ts';

/**
 * A whole number, 0 or more.
 *
 * @throws InvalidArgumentError for anything else
 */
export const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
};

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time as people write it: 90s, 15m, 2h, 7d. In ms; undefined for anything else. */
const lengthMs = (text: string): number | undefined => {
  const [, count, unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS_MS[unit] ?? 0);
};

/**
 * A length of time such as 90s, 15m, 2h, 7d, in seconds.
 *
 * @throws InvalidArgumentError for anything else
 */
export const span = (text: string): number => {
  const ms = lengthMs(text);
  if (ms === undefined) throw new InvalidArgumentError('must be a time such as 90s, 15m, 2h');
  return ms / 1_000;
};

const MOMENT_RULE =
  'must be a date (2027-01-31), a time (2027-01-31T08:00:00Z), or 15m, 2h, 7d ago';

/**
 * A date or a time (UTC when it has no zone), or how long ago: 90s, 15m, 2h, 7d. In ms since the
 * epoch.
 *
 * @throws InvalidArgumentError for anything else
 */
export const moment = (text: string): number => {
  const ago = lengthMs(text);
  if (ago !== undefined) return Date.now() - ago;
  const spelled = [text, `${text}Z`, `${text}:00Z`, `${text}T00:00:00Z`];
  const at = spelled.map(readTime).find((each) => each !== undefined);
  if (at === undefined) throw new InvalidArgumentError(MOMENT_RULE);
  return at;
};

/**
 * A number above 0.
 *
 * @throws InvalidArgumentError for anything else
 */
export const positive = (text: string): number => {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('must be a positive number');
  return Number(text);
};

/**
 * A name that is not empty. An empty one comes from a variable that is not set, and must not mean
 * the default.
 */
const named = (text: string): string => {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
};

/** The option `--stage`, with this description. */
export const stage = (text: string) => new Option('--stage <name>', text).argParser(named);
/** Adds the options that choose a deployment, and `--json`. */
export const targeted = (command: Command): Command =>
  command
    .addOption(stage('the deployment; absent: the embedded cloud here, else dev in AWS'))
    .option('--endpoint <url>', 'an AWS-compatible endpoint that holds the stack', named)
    .option('--region <name>', "the stack's region in AWS", named)
    .option('--json', 'for programs');

/** As {@link targeted}, with the options that say who decides and why. */
export const decided = (command: Command): Command =>
  targeted(command)
    .option('--reason <text>', 'why; kept in the trace')
    .option('--by <name>', 'who decides, instead of you');
