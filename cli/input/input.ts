/**
 * Reads the jobs of `send`: one envelope, an array, JSON lines, or the original system's job files.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson } from '#shared/kernel/json.ts';
import { envelopeOfJobFile } from '#shared/legacy/jobFile.ts';
import { CliError, EXIT } from '../errors.ts';
import { itemTexts } from './jsonItems.ts';

export interface InputItem {
  /** Place of the item, for the report: `file.json[3]`, `file.jsonl:12`. */
  readonly where: string;
  /** The message body. */
  readonly body: string;
  /** Why the item cannot be sent; `body` is empty then. */
  readonly fault?: { readonly code: string; readonly message: string };
}

/** Each line is one body, unchanged: a broken line does not affect the others. */
const linesOf = (name: string, text: string): readonly InputItem[] =>
  text.split(/\r?\n/).flatMap((line, index) => {
    const body = line.trim();
    return body === '' ? [] : [{ where: `${name}:${index + 1}`, body }];
  });

/** The items of a text: one JSON value, the elements of an array as they are written, or lines. */
export const inputItemsOf = (name: string, text: string): readonly InputItem[] => {
  const value = readJson(text);
  if (Array.isArray(value))
    return itemTexts(text).map((body, index) => ({ where: `${name}[${index}]`, body }));
  if (value !== undefined) return [{ where: name, body: text.trim() }];
  return linesOf(name, text);
};

/** The text without a byte order mark; undefined when the bytes are not UTF-8. */
const decoded = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

const undecoded = (where: string): InputItem => {
  const fault = { code: 'NOT_UTF8', message: 'it has bytes that are not UTF-8: save it as such' };
  return { where, body: '', fault };
};

const LINE_FEED = 0x0a;

function* linesIn(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  for (let to = 0; to >= 0; from = to + 1) {
    to = bytes.indexOf(LINE_FEED, from);
    yield bytes.subarray(from, to < 0 ? bytes.length : to);
  }
}

/**
 * As {@link inputItemsOf}, for bytes. When they are not UTF-8, each line that is UTF-8 is still an item.
 */
export const itemsOfBytes = (name: string, bytes: Uint8Array): readonly InputItem[] => {
  const text = decoded(bytes);
  if (text !== undefined) return inputItemsOf(name, text);
  return [...linesIn(bytes)].flatMap((line, index) => {
    const where = `${name}:${index + 1}`;
    const body = decoded(line)?.trim();
    if (body === undefined) return [undecoded(where)];
    return body === '' ? [] : [{ where, body }];
  });
};

const readStdin = async (): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
};

const bytesOf = (file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`Cannot read ${file}: ${reason}`, EXIT.usage, { cause: error });
  }
};

/**
 * Reads items; an item with a `fault` cannot be sent.
 *
 * @param file a path, or `-` for standard input
 * @throws CliError when the file cannot be read
 */
export const readItems = async (file: string): Promise<readonly InputItem[]> =>
  file === '-'
    ? itemsOfBytes('stdin', await readStdin())
    : itemsOfBytes(basename(file), bytesOf(file));

/**
 * As {@link readItems}, for input that is used as a whole.
 *
 * @throws CliError for an item that cannot be read, or when the file cannot be read
 */
export const readInput = async (file: string): Promise<readonly InputItem[]> => {
  const items = await readItems(file);
  const bad = items.find(({ fault }) => fault !== undefined);
  if (bad?.fault) throw new CliError(`${bad.where}: ${bad.fault.message}.`, EXIT.usage);
  return items;
};

const JOB_FILE = /\.job\.json$/;

/**
 * Reads the original system's job files, in the order of their names.
 *
 * @param directory the original's data directory, or its `webrelay_out`
 * @throws CliError when there is no job file
 */
export const readLegacy = (directory: string): readonly InputItem[] => {
  const candidates = [
    join(directory, 'data/webrelay_out'),
    join(directory, 'webrelay_out'),
    directory,
  ];
  const found = candidates.find(
    (path) =>
      statSync(path, { throwIfNoEntry: false })?.isDirectory() &&
      readdirSync(path).some((name) => JOB_FILE.test(name)),
  );
  if (!found)
    throw new CliError(
      `No *.job.json under ${directory} (looked in ${candidates.join(', ')}).`,
      EXIT.usage,
    );
  return readdirSync(found)
    .filter((name) => JOB_FILE.test(name))
    .sort()
    .map((name) => {
      const text = decoded(bytesOf(join(found, name)));
      if (text === undefined) return undecoded(name);
      const mapped = envelopeOfJobFile(text, name);
      // A file that is not a job is sent unchanged: the mesh keeps it and says why it cannot run.
      return { where: name, body: mapped.ok ? JSON.stringify(mapped.value) : text.trim() };
    });
};
