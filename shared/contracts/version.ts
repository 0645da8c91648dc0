import { OUTPUTS } from './outputs.ts';
import { SCHEMAS, TABLES, type TableName } from './schemas.ts';

/**
 * The interface between a deployed mesh and its clients: outputs, queues, items of the tables. A
 * release that changes the interface has the next version, and says what it still works with.
 */
export const MESH = {
  version: 2,
  /** The oldest clients that work with a mesh of this release. */
  leastClient: 1,
  /** The oldest mesh that works with clients of this release. */
  leastMesh: 1,
} as const;

/** By these outputs a client sees whether it understands the mesh, and what an upgrade may finish. */
export const VERSION_OUTPUTS = {
  [OUTPUTS.version]: String(MESH.version),
  [OUTPUTS.leastClient]: String(MESH.leastClient),
  [OUTPUTS.schemas]: TABLES.map((name) => `${name}=${SCHEMAS[name].own}`).join(','),
} as const;

/** The schema of each table that a deployed release knows; the first releases did not say any. */
export const schemasIn = (
  outputs: Readonly<Record<string, string>>,
): Readonly<Record<TableName, number>> => {
  const told = new Map(
    (outputs[OUTPUTS.schemas] ?? '').split(',').map((each) => each.split('=') as [string, string]),
  );
  const known = TABLES.map((name) => [name, Number(told.get(name) ?? 1)] as const);
  return Object.fromEntries(known) as Record<TableName, number>;
};
