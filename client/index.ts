/**
 * `sheratan/client`: sends jobs to a mesh, waits for them, reads their results.
 *
 * @module sheratan/client
 */
export { JobFailedError, MeshError } from './errors.ts';
export type { JobHandle } from './handle.ts';
export {
  type ConnectOptions,
  Mesh,
  type Order,
  type SendOptions,
  type SignalOptions,
} from './mesh.ts';
