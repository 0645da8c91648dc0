/** `sheratan/host`: a host of the mesh. */
export { createHost, type HostOptions, type ListenOptions, type MeshHost } from './host.ts';
export type { HostContext, HostKind } from './hostKind.ts';
