/** What can serve the embedded cloud's tables. */
export const TABLE_ENGINES = ['native', 'dynamodb-local'] as const;
export type TableEngine = (typeof TABLE_ENGINES)[number];

export interface TableServer {
  readonly engine: TableEngine;
  readonly endpoint: string;
  /** Of the server's process; another after the server died and was started again. */
  readonly pid: number | undefined;
  /**
   * Every reader of the table's stream has read up to this sequence number: what is older may go.
   * Does nothing where the engine forgets old records by itself.
   */
  trim(table: string, sequenceNumber: string): void;
  stop(): Promise<void>;
}
