/** Services that most commands never call: each client is loaded and made at its first use. */

import type { Blobs, Secrets } from '#shared/jobs/ports/jobs.ts';
import type { Workspaces } from '#shared/jobs/ports/workspaces.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import type { Schedules } from '#shared/schedules/ports.ts';
import type { SchedulesOptions } from '#shared/schedules/scheduler/schedules.ts';
import { type Access, type Keep, ofBucket } from './access.ts';
import type { LogEvents } from './logEvents.ts';
import type { Machinery } from './machinery.ts';
import type { RulesOf } from './target.ts';
import type { Watching } from './watching.ts';

/** The machinery of a deployment, loaded at its first use. */
export const openMachine = (access: Access, rules: RulesOf, keep: Keep): Machinery =>
  deferred(async () => {
    const { openMachinery } = await import('./machinery.ts');
    return openMachinery(access, rules, keep);
  });

/** CloudWatch of a deployment, loaded at its first use. */
export const openWatch = (access: Access, keep: Keep): Watching =>
  deferred(async () => {
    const { openWatching } = await import('./watching.ts');
    return openWatching(access, keep);
  });

/** Log lines of a deployment, loaded at their first use. */
export const openLogs = (access: Access, keep: Keep): LogEvents =>
  deferred(async () => {
    const { openLogEvents } = await import('./logEvents.ts');
    return openLogEvents(access, keep);
  });

/** Blobs and workspaces of the data bucket, loaded at their first use. */
export const bucketOnDemand = (
  access: Access,
  bucket: string,
  keep: Keep,
): { readonly blobs: Blobs; readonly workspaces: Workspaces } => {
  const both = deferred(async () => {
    const [{ S3Client }, { createBlobs }, { createWorkspaces }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('#shared/jobs/s3/blobs.ts'),
      import('#shared/jobs/s3/workspaces.ts'),
    ]);
    const s3 = keep(new S3Client(ofBucket(access)));
    return { ...createBlobs({ s3, bucket }), ...createWorkspaces({ s3, bucket }) };
  });
  return { blobs: both, workspaces: both };
};

/** A signing secret, loaded at its first use. */
export const secretsOnDemand = (access: Access, secretId: string, keep: Keep): Secrets =>
  deferred(async () => {
    const [{ SecretsManagerClient }, { createSecrets }] = await Promise.all([
      import('@aws-sdk/client-secrets-manager'),
      import('#shared/jobs/secretsManager/callbackSecrets.ts'),
    ]);
    const client = keep(new SecretsManagerClient(access));
    return createSecrets({ client, secretId, ids: systemIds });
  });

/** The schedules of a deployment, loaded at their first use. */
export const openSchedules = (
  access: Access,
  options: Omit<SchedulesOptions, 'client'>,
  keep: Keep,
): Schedules =>
  deferred(async () => {
    const [{ SchedulerClient }, { createSchedules }] = await Promise.all([
      import('@aws-sdk/client-scheduler'),
      import('#shared/schedules/scheduler/schedules.ts'),
    ]);
    return createSchedules({ ...options, client: keep(new SchedulerClient(access)) });
  });
