/** How far the readers of each table's stream have come, so that what all have read can be trimmed. */

export interface StreamReader {
  /** Everything up to this sequence number is dealt with. */
  advance(sequenceNumber: string): void;
  leave(): void;
}

export interface StreamReaders {
  /** From now on nothing is trimmed that this reader has not read. */
  join(table: string): StreamReader;
}

/** `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL` */
export const tableOfStream = (streamArn: string): string => streamArn.split('/')[1] ?? '';

/** @param trim called with the position of the reader that is furthest behind */
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
