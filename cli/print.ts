/** Output for people: aligned columns, colour where the terminal has it, times in UTC. */
import { styleText } from 'node:util';
import type { Status } from '#shared/contracts/jobs.ts';
import { EXIT } from './errors.ts';

type Style = Parameters<typeof styleText>[0];

const JOB_STYLE: Readonly<Record<Status, Style>> = {
  COMPLETED: 'green',
  RUNNING: 'cyan',
  RETRYING: 'yellow',
  SCHEDULED: 'blue',
  WAITING: 'blue',
  LIMITED: 'yellow',
  CANCELLED: 'magenta',
  DEAD: 'red',
  QUARANTINED: 'red',
};

const STATUS_STYLE: Readonly<Record<string, Style>> = {
  ...JOB_STYLE,
  online: 'green',
  busy: 'cyan',
  degraded: 'yellow',
  offline: 'red',
  drained: 'magenta',
  maintenance: 'magenta',
};

const left = new AbortController();

/** Aborted when the reader of the output has gone, as with `| head -1`. */
export const readerLeft: AbortSignal = left.signal;

const failed = (): void => {
  process.exitCode = EXIT.failure;
};

/**
 * Prepares the output; call this once, before anything is written. When the reader goes, the rest
 * of the output is lost, but the command finishes its work. When the output cannot be written for
 * another reason, the command ends with a failure.
 */
export const guardOutput = (): void => {
  const fail = (error: Error): void => {
    // Said once. The exit code of the command's own work no longer counts.
    if (process.listeners('exit').includes(failed)) return;
    process.once('exit', failed);
    note(`The output cannot be written: ${error.message}`);
  };
  const onError = (error: NodeJS.ErrnoException): void =>
    error.code === 'EPIPE' ? left.abort() : fail(error);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onError);
};

/** Writes a line of results to standard output. */
export const out = (text: string): void => void process.stdout.write(`${text}\n`);
/** Writes a line for people to standard error. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Writes BigInt as text: a number in JSON would lose digits. */
const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
/** Writes a value as indented JSON to standard output; BigInt as text. */
export const json = (value: unknown): void => out(JSON.stringify(value, exact, 2));
/** As {@link json}, but on one line, for output that goes on. */
export const jsonLine = (value: unknown): void => out(JSON.stringify(value, exact));

/** Text in a style; plain text when NO_COLOR is set or the terminal has no colours. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

/**
 * A status in its colour. Padded to `width` before it is coloured, because colours have a width of
 * their own.
 */
export const status = (value: string, width = 0): string =>
  paint(STATUS_STYLE[value] ?? 'dim', value.padEnd(width));

/** The text without control characters: escapes in data must not reach the terminal. */
export const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

/** Date and time in UTC, of ms since the epoch. */
export const time = (ms: number): string =>
  new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** A length of time in ms, as text. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
};

/**
 * Writes to standard error what is being done, and at the end how long it took. Errors of `work`
 * are passed on.
 */
export const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  const began = Date.now();
  process.stderr.write(`${what} … `);
  try {
    const result = await work();
    note(duration(Date.now() - began));
    return result;
  } catch (error) {
    note('failed');
    throw error;
  }
};

const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

/** Rows with aligned columns. On a terminal the last column is cut at its edge. */
export const columns = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  // A file or a pipe gets every word.
  const last = Math.max(40, (process.stdout.columns ?? Number.POSITIVE_INFINITY) - before);
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          index === row.length - 1 ? clip(cell, last) : cell.padEnd(widths[index] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** A progress line on a terminal, for more than 200 steps; silent in a file or a pipe. */
export const progress = (label: string, total: number): { tick(): void; end(): void } => {
  const stream = process.stderr;
  const shown = stream.isTTY && total > 200;
  let done = 0;
  const draw = (): void => {
    const filled = Math.round((30 * done) / total);
    stream.write(`\r${label} [${'#'.repeat(filled)}${' '.repeat(30 - filled)}] ${done}/${total}`);
  };
  return {
    tick: () => {
      done += 1;
      if (shown && (done % 50 === 0 || done === total)) draw();
    },
    end: () => {
      if (shown) stream.write('\n');
    },
  };
};
