/** The data directory of the original system, as a follower of its ledger reads and writes it. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FollowStateFile, LegacyFiles } from '#shared/legacy/ledger/follow.ts';
import { followStateOf, followStateText } from '#shared/legacy/ledger/followState.ts';
import { type Changes, openChanges } from '../changes.ts';
import { CliError, EXIT } from '../errors.ts';

/** The first of the names that the directory has. @throws CliError when there is none */
export const legacyPath = (directory: string, ...names: readonly string[]): string => {
  const found = names.map((name) => join(directory, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new CliError(`No ${names.join(' or ')} in ${directory}.`, EXIT.usage);
};

/** Where the original keeps its ledger. */
export interface LegacyPaths {
  readonly journal: string;
  readonly ledger: string;
  /** The follower's state. */
  readonly state: string;
  /** The file by which the original keeps others from writing. */
  readonly lock: string;
}

/** The files in a data directory. @throws CliError when journal or ledger.json is missing */
export const legacyPathsIn = (directory: string): LegacyPaths => ({
  journal: legacyPath(directory, 'ledger_events.jsonl', 'runtime/ledger_events.jsonl'),
  ledger: legacyPath(directory, 'mesh/registry/ledger.json', 'ledger.json'),
  state: join(directory, 'sheratan-follow.json'),
  lock: join(directory, 'ledger_domain.lock.lock'),
});

/**
 * Writes a file so that after a crash the old or the new text is there, and durably.
 *
 * @param times when the file was read and changed, as others are to see it
 */
export const replaceFile = async (
  path: string,
  text: string,
  times?: readonly [Date, Date],
): Promise<void> => {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w');
  try {
    await file.writeFile(text);
    if (times) await file.utimes(...times);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  const folder = await open(dirname(path));
  await folder.sync();
  await folder.close();
};

/** Appends a text, durably. */
export const appendTo = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'a');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

const CHUNK_BYTES = 1 << 20;

/** The bytes of a file from an offset on. */
const tailOf = async (path: string, from: number): Promise<Buffer> => {
  const file = await open(path);
  try {
    const chunks: Buffer[] = [];
    for (let at = from; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
};

const NEWLINE = 0x0a;

/** The original's files. */
export const legacyFiles = ({ journal, ledger }: LegacyPaths): LegacyFiles => ({
  journal: async (fromByte) => {
    const bytes = await tailOf(journal, fromByte);
    return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1).toString();
  },
  ledger: () => readFile(ledger, 'utf8'),
});

/** The follower's state beside them. */
export const followStateFile = ({ state }: LegacyPaths): FollowStateFile => ({
  load: async () => (existsSync(state) ? followStateOf(await readFile(state, 'utf8')) : undefined),
  save: (next) => replaceFile(state, followStateText(next)),
});

/** Told by the file system when something in the folders of the ledger changes. */
export interface ChangeWatch extends Pick<Changes, 'next'> {
  close(): void;
}

/** Watches the folders of journal and ledger.json. */
export const watchLegacy = ({ journal, ledger }: LegacyPaths): ChangeWatch => {
  const { tell, next } = openChanges();
  const watchers: readonly FSWatcher[] = [...new Set([dirname(journal), dirname(ledger)])].map(
    (folder) => watch(folder, tell),
  );
  return {
    next,
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
};
