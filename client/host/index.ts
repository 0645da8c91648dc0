/** `sheratan/host`: a host of the mesh in a few lines. */
export { createHost, type HostOptions, type ListenOptions, type MeshHost } from './host.ts';
export type { HostContext, HostKind } from './hostKind.ts';
