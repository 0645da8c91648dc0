/**
 * Indexes and trims the records of all streams in the native engine's file. The engine itself
 * searches them without an index and never deletes them: each write and each read would take longer
 * with every record ever written.
 */
import { DatabaseSync } from 'node:sqlite';
import { LocalCloudError } from '../errors.ts';

const INDEX = `CREATE INDEX IF NOT EXISTS _sheratan_stream_order
  ON _stream_records (table_name, CAST(sequence_number AS INTEGER))`;

/** The two queries that the engine runs for each write and each GetRecords. */
const LOOKUPS = [
  `SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records
   WHERE table_name = ?1`,
  `SELECT event_name, keys_json, new_image, old_image, sequence_number, created_at
   FROM _stream_records
   WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3
   ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4`,
];

/** Keeps the newest record: the engine continues its sequence numbers from it. */
const TRIM = `DELETE FROM _stream_records
  WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2
    AND CAST(sequence_number AS INTEGER) <
      (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)`;

/** Records are removed a thousand at a time: each removal takes the file's only write lock. */
const TRIM_AFTER = 1_000;
/** The longest wait for the write lock, which the engine holds during a transaction. */
const LOCK_TIMEOUT_MS = 5_000;

export interface StreamRecords {
  /** Every reader of the table's stream has read up to this sequence number. */
  trim(table: string, sequenceNumber: string): void;
  close(): void;
}

const refuse = (why: string, cause?: unknown): never => {
  throw new LocalCloudError(
    'TABLE_ENGINE_UNKNOWN',
    `The native table engine's file is not as expected (${why}). Install the version of package.json, or choose "--tables dynamodb-local".`,
    { cause },
  );
};

const assertIndexed = (file: DatabaseSync): void => {
  for (const sql of LOOKUPS) {
    const steps = file.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const plan = steps.map(({ detail }) => String(detail));
    const scan = plan.find((detail) => detail.includes('SCAN'));
    if (scan !== undefined) refuse(`its streams are searched without an index: ${scan}`);
  }
};

/**
 * Opens the engine's file beside the engine, and adds the index.
 *
 * @throws LocalCloudError `TABLE_ENGINE_UNKNOWN` when the engine keeps its records in another way
 */
export const openStreamRecords = async (path: string): Promise<StreamRecords> => {
  const file = new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS });
  try {
    file.exec(INDEX);
    assertIndexed(file);
  } catch (error) {
    file.close();
    if (error instanceof LocalCloudError) throw error;
    return refuse(String(error), error);
  }
  const removal = file.prepare(TRIM);
  const trimmed = new Map<string, bigint>();
  return {
    trim: (table, sequenceNumber) => {
      const upTo = BigInt(sequenceNumber);
      if (upTo - (trimmed.get(table) ?? 0n) < TRIM_AFTER) return;
      removal.run(table, upTo);
      trimmed.set(table, upTo);
    },
    close: () => file.close(),
  };
};
