/** The end of an upgrade: from now on the tables are written as the deployed release writes them. */
import { TABLES, type TableName } from '#shared/contracts/schemas.ts';
import type { Finish, SchemaStore } from './ports.ts';
import { FIRST_SCHEMA, schemaFault, type TableSchema } from './standing.ts';

/** A table, by what it says of itself and what the deployed functions know. */
export interface TableStanding extends TableSchema {
  readonly table: TableName;
  /** The newest schema that the deployed functions write and read. */
  readonly deployed: number;
  readonly finished?: Finish;
}

/** The schema of each table, with what the deployed functions know. */
export type DeployedSchemas = Readonly<
  Record<TableName, SchemaStore & { readonly deployed: number }>
>;

/** Reads how each table stands. */
export const tableStandings = (schemas: DeployedSchemas): Promise<readonly TableStanding[]> =>
  Promise.all(
    TABLES.map(async (table) => {
      const { deployed } = schemas[table];
      return { table, deployed, ...(await schemas[table].read()) };
    }),
  );

/** Whether the deployed functions still write the schema of the release before. */
export const isUnfinished = ({ schema, deployed }: TableStanding): boolean => schema < deployed;

/** What keeps the deployed functions from this table; undefined when they understand the table. */
export const deployedFault = ({ table, deployed, ...stored }: TableStanding) =>
  schemaFault(
    table,
    stored,
    { own: deployed, least: FIRST_SCHEMA.schema },
    'the deployed functions read',
  );

/**
 * Lets the deployed functions write their own schema everywhere. A table that is there already stays
 * as it is, so the command may be repeated.
 *
 * @returns the tables that changed
 * @throws SchemaError SCHEMA_TOO_NEW when a table is further than the deployed functions
 */
export const finishUpgrade = async (
  schemas: DeployedSchemas,
  finish: Finish,
): Promise<readonly TableStanding[]> => {
  const found = await tableStandings(schemas);
  for (const each of found) {
    const fault = deployedFault(each);
    if (fault) throw fault;
  }
  const raised: TableStanding[] = [];
  for (const each of found.filter(isUnfinished))
    if (await schemas[each.table].raise(each.deployed, finish)) raised.push(each);
  return raised;
};
