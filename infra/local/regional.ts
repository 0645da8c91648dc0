/** The small services beside queues, buckets, tables and functions: schedules, secrets. */
import { resourcesOf } from './properties.ts';
import type { ResolveContext } from './resolve.ts';
import { type SchedulerOptions, startScheduler } from './scheduler.ts';
import { startSecrets } from './secrets.ts';
import type { Source } from './sqsSource.ts';
import type { Template } from './template.ts';

export interface Regional extends Source {
  /** The SDK's own variables that lead to them. */
  readonly env: Readonly<Record<string, string>>;
}

export const startRegional = async (
  template: Template,
  context: ResolveContext,
  options: Omit<SchedulerOptions, 'groups'>,
): Promise<Regional> => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const groups = of('AWS::Scheduler::ScheduleGroup').map(({ ref }) => ref);
  const scheduler = await startScheduler({ ...options, groups });
  const secrets = await startSecrets(
    of('AWS::SecretsManager::Secret').map(({ ref, properties }) => ({ arn: ref, properties })),
  );
  return {
    env: {
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    },
    stop: async () => {
      await Promise.all([scheduler.stop(), secrets.stop()]);
    },
  };
};
