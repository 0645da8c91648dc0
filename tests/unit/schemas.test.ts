import { describe, expect, it } from 'vitest';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { SCHEMAS, TABLES } from '#shared/contracts/schemas.ts';
import { schemasIn, VERSION_OUTPUTS } from '#shared/contracts/version.ts';
import {
  FIRST_SCHEMA,
  schemaFault,
  schemaToWrite,
  type TableSchema,
} from '#shared/schema/standing.ts';
import { SCHEMA_FRESH_MS, watchSchemas } from '#shared/schema/watchSchemas.ts';

const RELEASE = { own: 3, least: 2 };
const faultOf = (schema: number, minReader = schema) =>
  schemaFault('jobs', { schema, minReader }, RELEASE)?.message;

describe('a release and a table', () => {
  it('understand each other in the release’s own schema and in the one before', () => {
    expect([faultOf(3), faultOf(2)]).toEqual([undefined, undefined]);
    for (const table of TABLES) {
      expect(schemaFault(table, FIRST_SCHEMA)).toBeUndefined();
      expect(SCHEMAS[table].own - SCHEMAS[table].least).toBeLessThanOrEqual(1);
    }
  });

  it('say by name that one of them is too new or too old', () => {
    expect(schemaFault('hosts', { schema: 4, minReader: 4 }, RELEASE)).toMatchObject({
      name: 'SchemaError',
      code: 'SCHEMA_TOO_NEW',
      message:
        'table "hosts": it asks for schema 4, this release reads up to 3: deploy the newer release again',
    });
    expect(schemaFault('jobs', { schema: 1, minReader: 1 }, RELEASE)).toMatchObject({
      code: 'SCHEMA_TOO_OLD',
      message: expect.stringContaining('run its "sheratan upgrade --finish" first'),
    });
  });

  it('write what the other still reads', () => {
    const written = (schema: number) => schemaToWrite('jobs', { schema, minReader: 2 }, RELEASE);
    expect([written(2), written(3), written(4)]).toEqual([2, 3, 3]);
    expect(faultOf(4, 3)).toBeUndefined();
  });

  it('are told by the outputs, of which the first releases had none', () => {
    expect(schemasIn(VERSION_OUTPUTS)).toEqual({
      jobs: SCHEMAS.jobs.own,
      ledger: SCHEMAS.ledger.own,
      hosts: SCHEMAS.hosts.own,
    });
    expect(schemasIn({})).toEqual({ jobs: 1, ledger: 1, hosts: 1 });
    expect(schemasIn({ [OUTPUTS.schemas]: 'jobs=7' })).toEqual({ jobs: 7, ledger: 1, hosts: 1 });
  });
});

describe('a function that watches its tables', () => {
  const start = () => {
    const clock = { at: 1_000_000, now: () => clock.at };
    const table: { schema: TableSchema | Error; reads: number } = {
      schema: FIRST_SCHEMA,
      reads: 0,
    };
    const warnings: string[] = [];
    const quiet = () => undefined;
    const logger = {
      ...{ debug: quiet, info: quiet, error: quiet },
      warn: (message: string) => void warnings.push(message),
    };
    const read = async () => {
      table.reads += 1;
      if (table.schema instanceof Error) throw table.schema;
      return table.schema;
    };
    return {
      clock,
      table,
      warnings,
      schemas: watchSchemas({ hosts: { read } }, { clock, logger }),
    };
  };

  it('reads before its first event, once for events at the same time, and again after five minutes', async () => {
    const { clock, table, schemas } = start();
    expect(schemas.toWrite('hosts')).toBe(1);
    await Promise.all([schemas.ready(), schemas.ready()]);
    await schemas.ready();
    expect([table.reads, schemas.toWrite('hosts')]).toEqual([1, 1]);
    table.schema = { schema: 2, minReader: 2 };
    clock.at += SCHEMA_FRESH_MS - 1;
    await schemas.ready();
    expect(schemas.toWrite('hosts')).toBe(1);
    clock.at += 1;
    await schemas.ready();
    expect([table.reads, schemas.toWrite('hosts')]).toEqual([2, 2]);
  });

  it('refuses its events while a table is too new, and works again when it is not', async () => {
    const { clock, table, schemas } = start();
    table.schema = { schema: 9, minReader: 9 };
    await expect(schemas.ready()).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    await expect(schemas.ready()).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    expect(table.reads).toBe(1);
    table.schema = FIRST_SCHEMA;
    clock.at += SCHEMA_FRESH_MS;
    await schemas.ready();
  });

  it('does not begin without knowing, and goes on by what it knows', async () => {
    const { clock, table, warnings, schemas } = start();
    table.schema = new Error('no network');
    await expect(schemas.ready()).rejects.toThrow('no network');
    table.schema = FIRST_SCHEMA;
    await schemas.ready();
    table.schema = new Error('no network');
    clock.at += SCHEMA_FRESH_MS;
    await schemas.ready();
    expect(warnings).toEqual(['schemas of the tables not read; the last ones count']);
    expect(schemas.toWrite('hosts')).toBe(1);
  });
});
