/** The server of the embedded cloud's tables: which engine runs, and what each engine promises. */

import { LocalCloudError } from '../errors.ts';
import { startDynamoLocal } from './dynamoLocal.ts';
import { nativeBinary, nativePackage, startNativeTables } from './nativeTables.ts';
import { TABLE_ENGINES, type TableEngine, type TableServer } from './tableEngine.ts';

export interface TableServerOptions {
  /** Default: `SHERATAN_TABLES`, else the native engine where its package is, else DynamoDB Local. */
  readonly engine?: TableEngine | undefined;
  /** Told what a person should know about the server, such as its death and return. */
  readonly onFault?: (text: string) => void;
  /** Where the tables are kept beyond the server's stop. Default: nowhere. */
  readonly dataDir?: string | undefined;
  /** The native engine's port, when that is free. Default: any. */
  readonly port?: number | undefined;
}

const isEngine = (value: string): value is TableEngine =>
  TABLE_ENGINES.some((engine) => engine === value);

/**
 * The engine that the environment asks for.
 *
 * @throws LocalCloudError `UNKNOWN_TABLE_ENGINE` for an unknown name
 */
const wantedEngine = (): TableEngine | undefined => {
  const wanted = process.env['SHERATAN_TABLES'] ?? '';
  if (wanted === '' || isEngine(wanted)) return wanted || undefined;
  throw new LocalCloudError(
    'UNKNOWN_TABLE_ENGINE',
    `SHERATAN_TABLES is "${wanted}"; it may be ${TABLE_ENGINES.join(' or ')}.`,
  );
};

const nothingHere = (): LocalCloudError => {
  const name = nativePackage();
  const native = name === undefined ? '' : `Run "npm i --no-save ${name}", or install`;
  return new LocalCloudError(
    'NO_TABLE_ENGINE',
    `Nothing here can serve tables. ${native || 'There is no native engine for this platform: install'} Java 17 or newer (Debian and Ubuntu: "apt-get install openjdk-17-jre-headless", macOS: "brew install openjdk@17"), or start Docker.`,
  );
};

const onlyNativeKeeps = (): LocalCloudError => {
  const name = nativePackage();
  const how = name === undefined ? 'which is not published for this platform' : `"npm i ${name}"`;
  return new LocalCloudError(
    'DATA_NEEDS_NATIVE',
    `Only the native table engine keeps data (${how}); DynamoDB Local was chosen, or is all there is. Do without a data folder, or use the native engine.`,
  );
};

/**
 * Starts the wanted engine, or the best that this machine has.
 *
 * @throws LocalCloudError `NO_TABLE_ENGINE` when the machine has neither the native engine nor Java
 *   nor Docker, `TABLE_SERVER_FAILED` when the server does not come up, `DATA_NEEDS_NATIVE` when a
 *   data folder is given and another engine would serve it, `UNKNOWN_TABLE_ENGINE` for a bad
 *   `SHERATAN_TABLES`
 */
export const startTableServer = async (options: TableServerOptions = {}): Promise<TableServer> => {
  const engine = options.engine ?? wantedEngine();
  const onFault = options.onFault ?? (() => undefined);
  const binary = engine === 'dynamodb-local' ? undefined : nativeBinary();
  if (binary !== undefined) return startNativeTables(binary, onFault, options);
  if (options.dataDir !== undefined) throw onlyNativeKeeps();
  const local = engine === 'native' ? undefined : await startDynamoLocal(onFault);
  if (local === undefined) throw nothingHere();
  return local;
};
