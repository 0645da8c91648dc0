/** What `send` reads: one envelope, an array of them, or JSON lines; or the original's job files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { envelopeOfJobFile } from '#shared/legacy/jobFile.ts';
import { CliError, EXIT } from './errors.ts';

export interface InputItem {
  /** Where it stands, for the report: `file.json[3]`, `file.jsonl:12`. */
  readonly where: string;
  /** The message body. */
  readonly body: string;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Each line is its own body, byte for byte: a broken one must not spoil the others. */
const linesOf = (name: string, text: string): readonly InputItem[] =>
  text.split(/\r?\n/).flatMap((line, index) => {
    const body = line.trim();
    return body === '' ? [] : [{ where: `${name}:${index + 1}`, body }];
  });

export const itemsOf = (name: string, text: string): readonly InputItem[] => {
  const value = parsed(text);
  if (Array.isArray(value))
    return value.map((item, index) => ({ where: `${name}[${index}]`, body: JSON.stringify(item) }));
  if (value !== undefined) return [{ where: name, body: text.trim() }];
  return linesOf(name, text);
};

const readStdin = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
};

/** @param file a path, or `-` for standard input */
export const readInput = async (file: string): Promise<readonly InputItem[]> => {
  if (file === '-') return itemsOf('stdin', await readStdin());
  try {
    return itemsOf(basename(file), readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`Cannot read ${file}: ${reason}`, EXIT.usage, { cause: error });
  }
};

const JOB_FILE = /\.job\.json$/;

/** @param directory the original's data directory, or its `webrelay_out` itself */
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
      const text = readFileSync(join(found, name), 'utf8');
      const mapped = envelopeOfJobFile(text, name);
      // A file that is no job goes as it is: the mesh keeps it and says why it cannot run.
      return { where: name, body: mapped.ok ? JSON.stringify(mapped.value) : text.trim() };
    });
};
