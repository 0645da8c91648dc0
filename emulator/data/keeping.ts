/**
 * What an embedded cloud keeps beyond its process, and where. Without a data folder it keeps
 * nothing.
 */

import { messageServer, prepareMessages } from '../services/messageFile.ts';
import type { ScheduleBook } from '../services/scheduler.ts';
import type { SecretVersions } from '../services/secrets.ts';
import { NATIVE_TABLES } from '../tables/nativeTables.ts';
import { noPositions, positionsIn, type StreamPositions } from '../triggers/streamPositions.ts';
import { type DataFolder, openDataFolder } from './dataFolder.ts';
import { type KeptFile, keptIn, notKept } from './kept.ts';

export interface Keeping {
  /**
   * Folders of the native table engine and of the queue server; undefined: each server chooses its
   * own.
   */
  readonly tablesDir: string | undefined;
  readonly messagesDir: string | undefined;
  /** The port of the queue server. Kept, because stored records hold queue URLs. */
  readonly queuesPort: KeptFile<number>;
  /** The port of the tables. Kept, because programs go on using it when the cloud comes back. */
  readonly tablesPort: KeptFile<number>;
  /** The port of function URLs. */
  readonly urlsPort: KeptFile<number>;
  readonly secrets: KeptFile<SecretVersions>;
  readonly schedules: KeptFile<ScheduleBook>;
  readonly positions: StreamPositions;
  close(): void;
}

const NOTHING: Keeping = {
  tablesDir: undefined,
  messagesDir: undefined,
  queuesPort: notKept(),
  tablesPort: notKept(),
  urlsPort: notKept(),
  secrets: notKept(),
  schedules: notKept(),
  positions: noPositions,
  close: () => undefined,
};

const keepIn = (folder: DataFolder): Keeping => {
  const messagesDir = folder.at('messages');
  prepareMessages(messagesDir);
  const positions = positionsIn(folder.at('positions.db'));
  return {
    tablesDir: folder.at('tables'),
    messagesDir,
    queuesPort: keptIn(folder.at('port.json')),
    tablesPort: keptIn(folder.at('tables-port.json')),
    urlsPort: keptIn(folder.at('urls-port.json')),
    secrets: keptIn(folder.at('secrets.json')),
    schedules: keptIn(folder.at('schedules.json')),
    positions,
    close: () => {
      positions.close();
      folder.close();
    },
  };
};

/**
 * Opens the data folder; without one, returns stores that forget.
 *
 * @throws LocalCloudError `DATA_FOLDER_IN_USE`, `DATA_FOLDER_UNKNOWN` or `DATA_FOLDER_DAMAGED`, see
 *   `openDataFolder`
 */
export const openKeeping = (dataDir: string | undefined, stack: string): Keeping => {
  if (dataDir === undefined) return NOTHING;
  const folder = openDataFolder(dataDir, {
    stack,
    tables: NATIVE_TABLES,
    messages: messageServer(),
  });
  try {
    return keepIn(folder);
  } catch (error) {
    folder.close();
    throw error;
  }
};
