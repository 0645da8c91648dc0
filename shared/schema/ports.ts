/** Ports of the rules about schemas. */
import type { TableSchema } from './standing.ts';

/** Who finished an upgrade, when (ms since the epoch) and why. */
export interface Finish {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** The schema of one table. */
export interface SchemaStore {
  /** A table without the item is in schema 1. */
  read(): Promise<TableSchema & { readonly finished?: Finish }>;
  /**
   * Writes new items in this schema from now on. Never goes back: false when the table is there or
   * further already.
   */
  raise(schema: number, finish: Finish): Promise<boolean>;
}
