/** The programs that can serve the embedded cloud's tables. */
export const TABLE_ENGINES = ['native', 'dynamodb-local'] as const;
export type TableEngine = (typeof TABLE_ENGINES)[number];

export interface TableServer {
  readonly engine: TableEngine;
  readonly endpoint: string;
  /** Id of the server's process. Changes when the server is started again. */
  readonly pid: number | undefined;
  /**
   * Lets the engine delete the stream's records up to this sequence number: every reader has read
   * them. Does nothing where the engine deletes old records by itself.
   */
  trim(table: string, sequenceNumber: string): void;
  stop(): Promise<void>;
}
