/** Options that several commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
};

/** A date, or how long ago: 90s, 15m, 2h, 7d. In ms since the epoch. */
export const moment = (text: string): number => {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's'];
  const at = unitMs === undefined ? Date.parse(text) : Date.now() - Number(count) * unitMs;
  if (Number.isNaN(at)) throw new InvalidArgumentError('must be a date, or 15m, 2h, 7d ago');
  return at;
};

export const positive = (text: string): number => {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('must be a positive number');
  return Number(text);
};

/** An empty one is a variable that was not set: it must not be taken for none. */
const named = (text: string): string => {
  if (text.trim() === '') throw new InvalidArgumentError('must not be empty');
  return text;
};

export const stage = (text: string) => new Option('--stage <name>', text).argParser(named);
export const targeted = (command: Command): Command =>
  command
    .addOption(stage('the deployment; absent: the embedded cloud here, else dev in AWS'))
    .option('--endpoint <url>', 'an AWS-compatible endpoint that holds the stack', named)
    .option('--region <name>', "the stack's region in AWS", named)
    .option('--json', 'for programs');

export const decided = (command: Command): Command =>
  targeted(command)
    .option('--reason <text>', 'why; kept in the trace')
    .option('--by <name>', 'who decides, instead of you');
