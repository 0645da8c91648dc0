/** The schemas of a function's tables, read before its first event and now and then again. */
import type { TableName } from '#shared/contracts/schemas.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { SchemaStore } from './ports.ts';
import { FIRST_SCHEMA, schemaFault, schemaToWrite, type TableSchema } from './standing.ts';

/** An environment sees a finished upgrade that late, in ms. */
export const SCHEMA_FRESH_MS = 300_000;

export interface Schemas {
  /**
   * Reads what was not read for five minutes. When a later read fails, the last one counts.
   *
   * @throws SchemaError SCHEMA_TOO_NEW, SCHEMA_TOO_OLD for a table that this release would misread
   */
  ready(): Promise<void>;
  /**
   * The schema in which new items of the table are written; before `ready` the first, which every
   * release reads.
   */
  toWrite(table: TableName): number;
}

/** Watches these tables. */
export const watchSchemas = (
  stores: Readonly<Partial<Record<TableName, Pick<SchemaStore, 'read'>>>>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Schemas => {
  const known = new Map<TableName, TableSchema>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const names = Object.keys(stores) as TableName[];
  const readAll = async (): Promise<void> => {
    const began = clock.now();
    await Promise.all(
      names.map(async (name) => {
        const schema = await stores[name]?.read();
        if (schema) known.set(name, schema);
      }),
    );
    readAt = began;
  };
  const refresh = async (): Promise<void> => {
    try {
      await readAll();
    } catch (error) {
      if (known.size < names.length) throw error;
      logger.warn('schemas of the tables not read; the last ones count', { error });
    } finally {
      reading = undefined;
    }
  };
  return {
    ready: async () => {
      if (clock.now() - readAt >= SCHEMA_FRESH_MS) {
        reading ??= refresh();
        await reading;
      }
      for (const [name, schema] of known) {
        const fault = schemaFault(name, schema);
        if (fault) throw fault;
      }
    },
    toWrite: (table) => schemaToWrite(table, known.get(table) ?? FIRST_SCHEMA),
  };
};
