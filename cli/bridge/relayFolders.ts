/** The folders of the original's core and workers, on this machine. */
import { constants } from 'node:fs';
import {
  access,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { FileIdentity } from '#shared/legacy/bridge/claim.ts';
import { isSameFile } from '#shared/legacy/bridge/claim.ts';
import type { RelayFolders } from '#shared/legacy/bridge/ports.ts';
import { replaceFile } from '../input/legacyFiles.ts';

const JOB = '.job.json';
const CLAIM = `${JOB}.claimed`;
/** A claim that is not whole yet: of `claim` by the process, of `reclaim` as `new`. */
const HALF_CLAIM = /\.job\.json\.claimed\.(?:\d+|new)$/;

/** Where the original writes jobs, and reads results. */
export interface RelayPaths {
  /** `data/webrelay_out`. */
  readonly out: string;
  /** `data/webrelay_in`. */
  readonly in: string;
}

/**
 * Times of a claim: so far ahead that its age, as the original reckons it, is below zero while anybody
 * may wait for the bridge.
 */
const neverOld = (): readonly [Date, Date] => {
  const ahead = new Date(Date.now() + 365 * 86_400_000);
  return [ahead, ahead];
};

const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException).code === code;

/** undefined when there is no such file. */
const ifThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

const identityOf = async (path: string): Promise<FileIdentity> => {
  const { ino, mtimeNs } = await stat(path, { bigint: true });
  return { ino: String(ino), mtimeNs: String(mtimeNs) };
};

const named = async (folder: string, ending: string): Promise<readonly string[]> =>
  (await readdir(folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));

const writtenAtOf = async (path: string): Promise<number> =>
  (await ifThere(stat(path)))?.mtimeMs ?? 0;

/** Opens the folders, and makes the one for results when it is missing. */
export const openRelayFolders = async (paths: RelayPaths): Promise<RelayFolders> => {
  await mkdir(paths.in, { recursive: true });
  await access(paths.out, constants.R_OK | constants.W_OK);
  const jobPath = (name: string): string => join(paths.out, `${name}${JOB}`);
  const claimPath = (name: string): string => join(paths.out, `${name}${CLAIM}`);
  const resultPath = (id: string): string => join(paths.in, `${id}.result.json`);
  // The original reads `*.result.json` only.
  const preparedPath = (id: string): string => join(paths.in, `${id}.result.prepared`);

  return {
    jobs: async () => {
      const names = await named(paths.out, JOB);
      const files = await Promise.all(
        names.map(async (name) => ({ name, writtenAt: await writtenAtOf(jobPath(name)) })),
      );
      return files.toSorted((a, b) => a.writtenAt - b.writtenAt);
    },
    claims: () => named(paths.out, CLAIM),
    sweep: async () => {
      const half = (await readdir(paths.out)).filter((name) => HALF_CLAIM.test(name));
      await Promise.all(half.map((name) => rm(join(paths.out, name), { force: true })));
    },
    read: (name) =>
      ifThere(
        (async () => {
          const file = await identityOf(jobPath(name));
          return { text: await readFile(jobPath(name), 'utf8'), file };
        })(),
      ),
    claim: async (name, text) => {
      const fresh = `${claimPath(name)}.${process.pid}`;
      await writeFile(fresh, text);
      await utimes(fresh, ...neverOld());
      try {
        // The claim is there with its text, or it is not there.
        await link(fresh, claimPath(name));
        return true;
      } catch (error) {
        if (isCode(error, 'EEXIST')) return false;
        throw error;
      } finally {
        await rm(fresh, { force: true });
      }
    },
    claimText: (name) => ifThere(readFile(claimPath(name), 'utf8')),
    reclaim: (name, text) => replaceFile(claimPath(name), text, neverOld()),
    release: (name) => rm(claimPath(name), { force: true }),
    remove: async (name, file) => {
      const present = await ifThere(identityOf(jobPath(name)));
      if (present && isSameFile(present, file)) await rm(jobPath(name), { force: true });
    },
    prepare: async (id, text) => {
      const file = await open(preparedPath(id), 'w');
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    publish: async (id) => {
      await ifThere(rename(preparedPath(id), resultPath(id)));
    },
  };
};
