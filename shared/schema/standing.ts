/** What a release may do with a table, by the schemas of both. */
import { type ReleaseSchema, SCHEMAS, type TableName } from '#shared/contracts/schemas.ts';

/** What a table says of itself. */
export interface TableSchema {
  /** The schema in which new items are written. */
  readonly schema: number;
  /** A release whose own schema is less may not read the table. */
  readonly minReader: number;
}

/** Tables of the first releases say nothing of their schema. */
export const FIRST_SCHEMA: TableSchema = { schema: 1, minReader: 1 };

/** Thrown for a table that this release would misread. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly code: 'SCHEMA_TOO_NEW' | 'SCHEMA_TOO_OLD';

  constructor(code: SchemaError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The fault of a release that meets a table; undefined when the release understands the table.
 *
 * @param release what the release knows; default: this release
 * @param who begins what the message says of the release
 */
export const schemaFault = (
  table: TableName,
  { schema, minReader }: TableSchema,
  { own, least }: ReleaseSchema = SCHEMAS[table],
  who = 'this release reads',
): SchemaError | undefined => {
  if (minReader > own)
    return new SchemaError(
      'SCHEMA_TOO_NEW',
      `table "${table}": it asks for schema ${minReader}, ${who} up to ${own}: deploy the newer release again`,
    );
  if (schema < least)
    return new SchemaError(
      'SCHEMA_TOO_OLD',
      `table "${table}": it is in schema ${schema}, ${who} from ${least} on: deploy the release before, and run its "sheratan upgrade --finish" first`,
    );
  return undefined;
};

/** The schema in which this release writes the table's new items. */
export const schemaToWrite = (
  table: TableName,
  { schema }: TableSchema,
  { own }: ReleaseSchema = SCHEMAS[table],
): number => Math.min(schema, own);
