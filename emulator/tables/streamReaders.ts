/** How far each reader of a table's stream has read. What all readers have read may be trimmed. */

export interface StreamReader {
  /** The reader has handled every record up to this sequence number. */
  advance(sequenceNumber: string): void;
  leave(): void;
}

export interface StreamReaders {
  /**
   * Adds a reader of the table's stream. From now on only records that it has handled are trimmed.
   */
  join(table: string): StreamReader;
}

/** Name of the table in `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`. */
export const tableOfStream = (streamArn: string): string => streamArn.split('/')[1] ?? '';

/**
 * The readers of all tables.
 *
 * @param trim called with the position of the slowest reader
 */
export const createStreamReaders = (
  trim: (table: string, sequenceNumber: string) => void,
): StreamReaders => {
  const positions = new Map<string, Map<object, bigint>>();
  return {
    join: (table) => {
      const readers = positions.get(table) ?? new Map<object, bigint>();
      positions.set(table, readers);
      const me = {};
      readers.set(me, 0n);
      return {
        advance: (sequenceNumber) => {
          readers.set(me, BigInt(sequenceNumber));
          const behind = [...readers.values()].reduce((a, b) => (a < b ? a : b));
          if (behind > 0n) trim(table, String(behind));
        },
        leave: () => void readers.delete(me),
      };
    },
  };
};
