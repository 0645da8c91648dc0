/** `import { Mesh, defineJob } from 'sheratan'`: what programs beside the mesh need. */

export { SIGNATURE_HEADER, verifySignature } from '#shared/jobs/callbacks/signature.ts';
export type { Envelope } from '#shared/jobs/envelope/envelope.ts';
export { defineJob, type JobContext, type TypedJob } from '#shared/jobs/kinds/defineJob.ts';
export { echo } from '#shared/jobs/kinds/echo.ts';
export { EnqueueError, PermanentError, RetryableError, Snooze } from '#shared/jobs/kinds/errors.ts';
export { httpRequest } from '#shared/jobs/kinds/httpRequest.ts';
export { listFiles, walkTree } from '#shared/jobs/kinds/listFiles.ts';
export { readFile, readFileBatch } from '#shared/jobs/kinds/readFile.ts';
export { writeFile } from '#shared/jobs/kinds/writeFile.ts';
export type { JobRecord, Status } from '#shared/jobs/record/record.ts';
export { JobFailedError, MeshError } from './errors.ts';
export type { JobHandle } from './handle.ts';
export { createHost, type HostOptions, type ListenOptions, type MeshHost } from './host/host.ts';
export type { HostContext, HostKind } from './host/hostKind.ts';
export {
  type ConnectOptions,
  Mesh,
  type Order,
  type SendOptions,
} from './mesh.ts';
export { runJob, type TestRun } from './testing.ts';
