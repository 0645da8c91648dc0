/** Text for people: aligned columns, colour where the terminal has it, times as they are read. */
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

/** Aborted when whoever read the output has left, as `| head -1` does: nobody watches any more. */
export const readerLeft: AbortSignal = left.signal;

const failed = (): void => {
  process.exitCode = EXIT.failure;
};

/**
 * Called once, before anything is written. A reader that leaves costs only what was left to say:
 * what a command does it does to its end. Output that cannot be written otherwise is a failure.
 */
export const guardOutput = (): void => {
  const fail = (error: Error): void => {
    // Said once; what the command ends with otherwise does not count any more.
    if (process.listeners('exit').includes(failed)) return;
    process.once('exit', failed);
    note(`The output cannot be written: ${error.message}`);
  };
  const onError = (error: NodeJS.ErrnoException): void =>
    error.code === 'EPIPE' ? left.abort() : fail(error);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onError);
};

export const out = (text: string): void => void process.stdout.write(`${text}\n`);
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** BigInt as text: JSON's numbers do not reach. */
const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
export const json = (value: unknown): void => out(JSON.stringify(value, exact, 2));
/** Of what goes on: a line each time. */
export const jsonLine = (value: unknown): void => out(JSON.stringify(value, exact));

/** styleText itself honours NO_COLOR and terminals without colour. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

export const status = (value: string, width = 0): string =>
  paint(STATUS_STYLE[value] ?? 'dim', value.padEnd(width));

/** Terminal escapes in data must not reach the terminal. */
export const plain = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

export const time = (ms: number): string =>
  new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
};

/** Says on standard error what goes on, as it begins, and in the end how long it took. */
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

/** Rows in columns as wide as their widest cell; the last column takes what the terminal leaves. */
export const columns = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  // Only a terminal has an edge: a file or a pipe gets every word.
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

/** A progress line on a terminal; silent when the output is a file or a pipe. */
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
