/** The native table engine: dynoxide, a DynamoDB server that keeps its tables in a SQLite file. */

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { endProcess, freePort, type ServerProcess, untilReady, watched } from './serverProcess.ts';
import { openStreamRecords } from './streamRecords.ts';
import type { TableServer } from './tableEngine.ts';
import { freshFolder, keptFolder } from './tableFolder.ts';

/** The platforms that the engine is published for. */
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
const VERSION = '1.2.1';
/** Name and version of the engine, kept with its files. */
export const NATIVE_TABLES = `dynoxide ${VERSION}`;
const FILE = 'tables.db';
const PORTS_TRIED = 3;

const platform = (): string => `${process.platform}-${process.arch}`;

/** Package and version in npm's form; undefined for a platform without a package. */
export const nativePackage = (): string | undefined =>
  PLATFORMS.includes(platform()) ? `@dynoxide/${platform()}@${VERSION}` : undefined;

/** Path of the engine's program; undefined when its package is not installed. */
export const nativeBinary = (): string | undefined => {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform()}/package.json`);
    return join(dirname(manifest), process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch {
    return undefined;
  }
};

const launch = async (binary: string, file: string, port: number): Promise<ServerProcess> => {
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file];
  const server = watched(spawn(binary, args, { stdio: 'ignore' }));
  try {
    await untilReady('The native table engine', server, `http://127.0.0.1:${port}`);
  } catch (error) {
    await endProcess(server);
    throw error;
  }
  return server;
};

/** Tries again with other ports: another process may take a free port before this server does. */
const launchAnywhere = async (
  binary: string,
  file: string,
  wanted: number | undefined,
): Promise<{ server: ServerProcess; port: number }> => {
  for (let tries = 1; ; tries += 1) {
    const port = (tries === 1 ? wanted : undefined) ?? (await freePort());
    try {
      return { server: await launch(binary, file, port), port };
    } catch (error) {
      if (tries === PORTS_TRIED) throw error;
    }
  }
};

/** Keeps a server running: starts it again whenever it ends by itself. */
const keepUp = (
  first: ServerProcess,
  again: () => Promise<ServerProcess>,
  onFault: (text: string) => void,
) => {
  let server = first;
  let ending = false;
  const keep = async (): Promise<void> => {
    while (!ending) {
      await server.gone;
      if (ending) return;
      const how = server.child.signalCode ?? `exit code ${server.child.exitCode}`;
      server = await again();
      onFault(`the table server ended (${how}) and was started again with its data`);
    }
    // The end was asked for while a new server was starting.
    await endProcess(server);
  };
  const keeping = keep().catch((error: unknown) => onFault(String(error)));
  return {
    pid: () => server.child.pid,
    end: async (): Promise<void> => {
      ending = true;
      await endProcess(server);
      await keeping;
    },
  };
};

/**
 * Starts the engine. A server that dies is started again on the same file and port: every write
 * that it answered is in the file.
 *
 * @param place `dataDir` keeps the file beyond the server's stop; `port` is tried first
 * @throws LocalCloudError `TABLE_SERVER_FAILED` when the server does not come up,
 *   `TABLE_ENGINE_UNKNOWN` when its file has another shape than this version knows
 */
export const startNativeTables = async (
  binary: string,
  onFault: (text: string) => void,
  {
    dataDir,
    port: wanted,
  }: { readonly dataDir?: string | undefined; readonly port?: number | undefined } = {},
): Promise<TableServer> => {
  const folder = dataDir === undefined ? freshFolder() : keptFolder(dataDir);
  const file = join(folder.path, FILE);
  try {
    const { server, port } = await launchAnywhere(binary, file, wanted);
    const kept = keepUp(server, () => launch(binary, file, port), onFault);
    const records = await openStreamRecords(file).catch(async (error: unknown) => {
      await kept.end();
      throw error;
    });
    return {
      engine: 'native',
      endpoint: `http://127.0.0.1:${port}`,
      get pid() {
        return kept.pid();
      },
      trim: records.trim,
      stop: async () => {
        records.close();
        await kept.end();
        folder.remove();
      },
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
};
