/** EventBridge rules: which events match, and where they are sent. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { LocalCloudError } from '../errors.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import { type LocalResource, object, type Properties } from '../template/properties.ts';
import { matchesPattern } from './filter.ts';
import { type TargetInput, targetInputOf } from './targetInput.ts';

interface RuleTarget {
  readonly arn: string;
  /** The role that EventBridge takes on for the target. */
  readonly roleArn?: string;
  readonly input: TargetInput;
  readonly messageGroupId?: string;
}

export interface LocalRule {
  readonly id: string;
  readonly arn: string;
  readonly schedule?: string;
  readonly pattern?: Properties;
  readonly targets: readonly RuleTarget[];
}

export interface TargetWorld {
  readonly sqs: SQSClient;
  /** Functions and queue URLs by their ARNs. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly queueUrls: ReadonlyMap<string, string>;
  /** Publishes to the topic with this ARN; undefined when there is no such topic. */
  readonly topicOf: (arn: string) => ((message: string) => void) | undefined;
  /** Whether EventBridge may do this to a target for a rule. */
  readonly isAllowed: (action: string, target: RuleTarget, ruleArn: string) => boolean;
  readonly onFault: (text: string) => void;
}

const refuse = (id: string, what: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Rule ${id}: ${what} is not supported here`);
};

const targetOf = (rule: string, target: Properties): RuleTarget => {
  const { MessageGroupId } = object(target['SqsParameters']);
  return {
    arn: String(target['Arn']),
    ...(target['RoleArn'] !== undefined && { roleArn: String(target['RoleArn']) }),
    input: targetInputOf(rule, target),
    ...(MessageGroupId !== undefined && { messageGroupId: String(MessageGroupId) }),
  };
};

/**
 * Reads one rule; undefined for a disabled rule.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a target or a setting that this cloud does not
 *   serve
 */
export const ruleOf = (
  { id, properties, attributes }: LocalResource,
  world: TargetWorld,
): LocalRule | undefined => {
  const { ScheduleExpression, EventPattern, EventBusName, State, Targets } = properties;
  if (EventBusName !== undefined && EventBusName !== 'default') refuse(id, 'a bus of its own');
  const targets = (Array.isArray(Targets) ? Targets : []).map((each) => targetOf(id, object(each)));
  const isKnown = ({ arn }: RuleTarget): boolean =>
    world.functions.has(arn) || world.queueUrls.has(arn) || world.topicOf(arn) !== undefined;
  const stranger = targets.find((target) => !isKnown(target));
  if (stranger) refuse(id, `the target ${stranger.arn}`);
  if (State === 'DISABLED') return undefined;
  return {
    id,
    arn: attributes['Arn'] ?? id,
    ...(ScheduleExpression !== undefined && { schedule: String(ScheduleExpression) }),
    ...(EventPattern !== undefined && { pattern: object(EventPattern) }),
    targets,
  };
};

const actionOn = ({ arn }: RuleTarget, world: TargetWorld): string => {
  if (world.functions.has(arn)) return 'lambda:InvokeFunction';
  return world.topicOf(arn) ? 'sns:Publish' : 'sqs:SendMessage';
};

const sendTo = async (
  rule: LocalRule,
  target: RuleTarget,
  event: object,
  world: TargetWorld,
): Promise<void> => {
  const action = actionOn(target, world);
  if (!world.isAllowed(action, target, rule.arn)) {
    world.onFault(
      `AccessDenied: no policy of ${target.roleArn ?? target.arn} lets events.amazonaws.com ${action} for rule ${rule.id}; the event is lost, as on AWS`,
    );
    return;
  }
  const text = target.input(event);
  const fn = world.functions.get(target.arn);
  const publish = world.topicOf(target.arn);
  if (fn) {
    const result = await fn.invoke(JSON.parse(text));
    if (!result.ok) world.onFault(`${result.error.errorType}: ${result.error.errorMessage}`);
  } else if (publish) publish(text);
  else
    await world.sqs.send(
      new SendMessageCommand({
        QueueUrl: world.queueUrls.get(target.arn),
        MessageBody: text,
        ...(target.messageGroupId && {
          MessageGroupId: target.messageGroupId,
          MessageDeduplicationId: randomUUID(),
        }),
      }),
    );
};

/**
 * Sends the event to all targets and does not wait. Failures go to `onFault`; as on AWS, no other
 * target is affected.
 */
export const fire = (rule: LocalRule, event: object, world: TargetWorld): void => {
  for (const target of rule.targets)
    sendTo(rule, target, event, world).catch((error: unknown) => world.onFault(String(error)));
};

/** Whether the rule has a pattern that the event matches. */
export const isMatch = ({ pattern }: LocalRule, event: object): boolean =>
  pattern !== undefined && matchesPattern(pattern, event);
