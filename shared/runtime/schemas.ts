/** The schemas of a function's tables: a function must not touch a table that it would misread. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TABLES, type TableName } from '#shared/contracts/schemas.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { createSchemaStore } from '#shared/schema/dynamo/schemaStore.ts';
import { type Schemas, watchSchemas } from '#shared/schema/watchSchemas.ts';
import type { Telemetry } from './chain.ts';

/** Watches the tables with these names. */
export const schemasOf = (
  client: DynamoDBClient,
  tables: Readonly<Partial<Record<TableName, string>>>,
  { log }: Pick<Telemetry, 'log'>,
): Schemas => {
  const stores = TABLES.flatMap((name) => {
    const table = tables[name];
    return table === undefined ? [] : [[name, createSchemaStore(client, table)] as const];
  });
  return watchSchemas(Object.fromEntries(stores), { clock: systemClock, logger: log });
};
