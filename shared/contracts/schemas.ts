/**
 * The schema of what each table holds, as a whole number. A release reads its own schema and the
 * ones from `least` on. It writes the schema of the release before until an operator finishes the
 * upgrade: until then the release before can come back.
 */
export interface ReleaseSchema {
  /** The newest schema that this release writes and reads. */
  readonly own: number;
  /** The oldest schema in which a table may still be written. */
  readonly least: number;
}

export const TABLES = ['jobs', 'ledger', 'hosts'] as const;
export type TableName = (typeof TABLES)[number];

/** Schema 2 of the hosts: states of a shard by columns, deflated. */
export const SCHEMAS: Readonly<Record<TableName, ReleaseSchema>> = {
  jobs: { own: 1, least: 1 },
  ledger: { own: 1, least: 1 },
  hosts: { own: 2, least: 1 },
};

/** From this schema of the hosts on, states are written by columns. */
export const HOST_COLUMNS_SCHEMA = 2;

/** The item that tells a table's schema; a table without the item is in schema 1. */
export const SCHEMA_KEY = { pk: 'SCHEMA', sk: 'STATE' } as const;
