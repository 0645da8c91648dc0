/** How far each mapping has read each shard of its stream, kept for the next process. */
import { DatabaseSync } from 'node:sqlite';

export interface ShardPositions {
  /** Whether this reader began in an earlier process. */
  readonly known: boolean;
  /** Sequence number of the last record that was handled. */
  after(shardId: string): string | undefined;
  /** Called after the delivery: a crash between the two delivers the records again. */
  advance(shardId: string, sequenceNumber: string): void;
}

export interface StreamPositions {
  of(reader: string): ShardPositions;
  close(): void;
}

/** For a cloud without a data folder: keeps nothing. */
export const noPositions: StreamPositions = {
  of: () => ({ known: false, after: () => undefined, advance: () => undefined }),
  close: () => undefined,
};

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS readers (reader TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS positions (
  reader TEXT NOT NULL, shard TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY (reader, shard)
);`;

/** Keeps the positions in a SQLite file, which is created when missing. */
export const positionsIn = (path: string): StreamPositions => {
  const file = new DatabaseSync(path);
  file.exec(SCHEMA);
  const begin = file.prepare('INSERT OR IGNORE INTO readers VALUES (?)');
  const read = file.prepare('SELECT after FROM positions WHERE reader = ? AND shard = ?');
  const write = file.prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)');
  return {
    of: (reader) => ({
      known: begin.run(reader).changes === 0,
      after: (shardId) => {
        const row = read.get(reader, shardId);
        return row === undefined ? undefined : String(row['after']);
      },
      advance: (shardId, sequenceNumber) => void write.run(reader, shardId, sequenceNumber),
    }),
    close: () => file.close(),
  };
};
