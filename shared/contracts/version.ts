import { OUTPUTS } from './outputs.ts';

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

/** By these outputs a client sees whether it understands the mesh. */
export const VERSION_OUTPUTS = {
  [OUTPUTS.version]: String(MESH.version),
  [OUTPUTS.leastClient]: String(MESH.leastClient),
} as const;
