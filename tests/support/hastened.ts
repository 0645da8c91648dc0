/** The synthesized assembly with short leases and timeouts: what a dead environment held is back soon. */
import type { Resource, Template } from '#emulator/template/template.ts';
import { WORKER_ENV } from '#shared/contracts/worker.ts';
import { type ChangedAssembly, changedAssembly } from './changedAssembly.ts';

/** The shortest that the configuration allows. */
const LEASE_SECONDS = 6;
const VISIBILITY_SECONDS = 10;

const hastened = (resource: Resource): Resource => {
  const { Type, Properties = {} } = resource;
  if (Type === 'AWS::SQS::Queue' && 'VisibilityTimeout' in Properties)
    return { Type, Properties: { ...Properties, VisibilityTimeout: VISIBILITY_SECONDS } };
  const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: object };
  if (!(WORKER_ENV.leaseSeconds in Variables)) return resource;
  const shortened = { ...Variables, [WORKER_ENV.leaseSeconds]: String(LEASE_SECONDS) };
  return { Type, Properties: { ...Properties, Environment: { Variables: shortened } } };
};

export const hastenedAssembly = (dir: string): ChangedAssembly =>
  changedAssembly(dir, (template: Template) => ({
    ...template,
    Resources: Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]) => [id, hastened(resource)]),
    ),
  }));
