/** EventBridge rules with a schedule: invoke functions and feed queues when their time comes. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { nextFire } from '#shared/schedules/expression.ts';
import { LocalCloudError } from './errors.ts';
import type { LocalFunction } from './functions.ts';
import type { Source } from './sqsSource.ts';
import { startTicker } from './ticker.ts';

interface ScheduleTarget {
  readonly arn: string;
  /** JSON text instead of the event. */
  readonly input?: string;
  readonly messageGroupId?: string;
}

export interface ScheduleRule {
  readonly id: string;
  readonly expression: string;
  readonly region: string;
  readonly accountId: string;
  readonly targets: readonly ScheduleTarget[];
}

interface ScheduleDeps {
  readonly sqs: SQSClient;
  /** By ARN. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly onFault: (text: string) => void;
}

const eventOf = ({ id, region, accountId }: ScheduleRule, at: number): object => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: accountId,
  time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  region,
  resources: [`arn:aws:events:${region}:${accountId}:rule/${id}`],
  detail: {},
});

const deliver = async (
  target: ScheduleTarget,
  event: object,
  deps: ScheduleDeps,
): Promise<void> => {
  const fn = deps.functions.get(target.arn);
  if (fn) {
    const result = await fn.invoke(target.input === undefined ? event : JSON.parse(target.input));
    if (!result.ok) deps.onFault(`${result.error.errorType}: ${result.error.errorMessage}`);
    return;
  }
  await deps.sqs.send(
    new SendMessageCommand({
      QueueUrl: deps.queueUrls.get(target.arn),
      MessageBody: target.input ?? JSON.stringify(event),
      ...(target.messageGroupId && {
        MessageGroupId: target.messageGroupId,
        MessageDeduplicationId: randomUUID(),
      }),
    }),
  );
};

/** @throws LocalCloudError for an expression or a target that this cloud cannot serve */
export const startSchedule = (rule: ScheduleRule, deps: ScheduleDeps): Source => {
  for (const { arn } of rule.targets)
    if (!deps.functions.has(arn) && !deps.queueUrls.has(arn))
      throw new LocalCloudError(
        'UNSUPPORTED_PROPERTY',
        `Rule ${rule.id}: the target ${arn} is not supported here`,
      );
  const fire = (at: number): void => {
    for (const target of rule.targets)
      deliver(target, eventOf(rule, at), deps).catch((error: unknown) =>
        deps.onFault(String(error)),
      );
  };
  const next = (after: number) => nextFire(rule.expression, after);
  return startTicker(next(Date.now()), next, fire);
};
