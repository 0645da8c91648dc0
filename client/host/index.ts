/**
 * `sheratan/host`: a host of the mesh.
 *
 * @module sheratan/host
 */
export { createHost, type HostOptions, type ListenOptions, type MeshHost } from './host.ts';
export type { HostContext, HostKind } from './hostKind.ts';
