/**
 * Prepares the queue server's database file before the server opens it. fauxqs 2.4.1 keeps queues,
 * messages, topics and buckets in this file, with two faults. First, it fails to write a message
 * that is made visible again at once: it sets the receive count to NULL, and the column refuses
 * NULL. Here the column accepts NULL, and a trigger restores the count. Second, it moves a message
 * to the dead-letter queue by a delete and a later insert: a kill between the two loses the
 * message. Here a trigger keeps a copy until the insert.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Name and version of the queue server, such as `fauxqs 2.4.1`.
 *
 * @throws Error when the package is not installed
 */
export const messageServer = (): string => {
  const manifest = findPackageJSON('fauxqs', import.meta.url) ?? '';
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  return `${name} ${version}`;
};

/** The server's own columns, with a receive count that may be NULL, and the column `taken`. */
const MESSAGES = (name: string): string => `
CREATE TABLE IF NOT EXISTS ${name} (
  message_id TEXT PRIMARY KEY,
  queue_name TEXT NOT NULL REFERENCES sqs_queues(name) ON DELETE CASCADE,
  body TEXT NOT NULL,
  md5_of_body TEXT NOT NULL,
  message_attributes TEXT NOT NULL,
  md5_of_message_attributes TEXT NOT NULL,
  sent_timestamp INTEGER NOT NULL,
  approximate_receive_count INTEGER DEFAULT 0,
  approximate_first_receive_timestamp INTEGER,
  delay_until INTEGER,
  message_group_id TEXT,
  message_deduplication_id TEXT,
  sequence_number TEXT,
  receipt_handle TEXT,
  visibility_deadline INTEGER,
  taken INTEGER NOT NULL DEFAULT 0
);`;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS sqs_queues (
  name TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  arn TEXT NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_timestamp INTEGER NOT NULL,
  last_modified_timestamp INTEGER NOT NULL,
  sequence_counter INTEGER NOT NULL DEFAULT 0
);
${MESSAGES('sqs_messages')}
${MESSAGES('sheratan_moving')}

CREATE TRIGGER IF NOT EXISTS sheratan_receives
AFTER UPDATE OF approximate_receive_count ON sqs_messages
WHEN NEW.approximate_receive_count IS NULL BEGIN
  UPDATE sqs_messages SET
    approximate_receive_count = OLD.approximate_receive_count,
    approximate_first_receive_timestamp = OLD.approximate_first_receive_timestamp
  WHERE message_id = NEW.message_id;
END;

-- A new receipt: the message was received, and its receiver has done nothing with it yet.
CREATE TRIGGER IF NOT EXISTS sheratan_taken
AFTER UPDATE OF receipt_handle ON sqs_messages BEGIN
  UPDATE sqs_messages SET taken =
    NEW.receipt_handle IS NOT NULL AND NEW.receipt_handle IS NOT OLD.receipt_handle
  WHERE message_id = NEW.message_id;
END;

CREATE TRIGGER IF NOT EXISTS sheratan_leaves
BEFORE DELETE ON sqs_messages
WHEN OLD.approximate_receive_count >= (
  SELECT json_extract(json_extract(attributes, '$.RedrivePolicy'), '$.maxReceiveCount')
  FROM sqs_queues WHERE name = OLD.queue_name
) AND (OLD.visibility_deadline IS NULL
  OR OLD.visibility_deadline <= CAST(unixepoch('subsec') * 1000 AS INTEGER)) BEGIN
  INSERT OR REPLACE INTO sheratan_moving SELECT * FROM sqs_messages
  WHERE message_id = OLD.message_id;
END;

CREATE TRIGGER IF NOT EXISTS sheratan_arrives
AFTER INSERT ON sqs_messages BEGIN
  DELETE FROM sheratan_moving WHERE message_id = NEW.message_id;
END;`;

/**
 * Frees messages whose receivers ended with the last process, before they set a visibility timeout.
 */
const RELEASE = `UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL
WHERE taken = 1`;
const RESTORE = 'INSERT OR IGNORE INTO sqs_messages SELECT * FROM sheratan_moving';

/**
 * Creates or repairs the file. After the call every message is in its queue. Call this only while
 * no server has the folder open.
 */
export const prepareMessages = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  const file = new DatabaseSync(join(folder, 'fauxqs.db'));
  try {
    file.exec(`BEGIN; ${SCHEMA} ${RELEASE}; ${RESTORE}; COMMIT`);
  } finally {
    file.close();
  }
};
