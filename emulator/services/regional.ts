/** The small services beside queues, buckets, tables and functions: schedules, secrets, the event bus. */

import type { KeptFile } from '../data/kept.ts';
import { resourcesOf } from '../template/properties.ts';
import type { ResolveContext } from '../template/resolve.ts';
import type { Template } from '../template/template.ts';
import { startEventBus } from './eventBus.ts';
import { type SchedulerOptions, startScheduler } from './scheduler.ts';
import { type SecretVersions, startSecrets } from './secrets.ts';

export interface Regional {
  /** The SDK's environment variables that lead clients to these services. */
  readonly env: Readonly<Record<string, string>>;
  readonly busEndpoint: string;
  /** Called with each event that is put on the event bus. */
  readonly listeners: Set<(event: object) => void>;
}

/**
 * Starts the services that the template needs.
 *
 * @param started gets each service as it starts, for its end
 */
export const startRegional = async (
  template: Template,
  context: ResolveContext,
  started: AsyncDisposableStack,
  options: Omit<SchedulerOptions, 'groups'> & { readonly secrets: KeptFile<SecretVersions> },
): Promise<Regional> => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const groups = of('AWS::Scheduler::ScheduleGroup').map(({ ref }) => ref);
  const scheduler = await startScheduler({ ...options, groups });
  started.defer(scheduler.stop);
  const secrets = await startSecrets(
    of('AWS::SecretsManager::Secret').map(({ ref, properties }) => ({ arn: ref, properties })),
    options.secrets,
  );
  started.defer(secrets.stop);
  const listeners: Regional['listeners'] = new Set();
  const deliver = (event: object): void => {
    for (const listener of listeners) listener(event);
  };
  const bus = await startEventBus({ ...options, deliver });
  started.defer(bus.stop);
  return {
    busEndpoint: bus.endpoint,
    listeners,
    env: {
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    },
  };
};
