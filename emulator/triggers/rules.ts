/** EventBridge rules: what sets them off, and where they send it. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { LocalCloudError } from '../errors.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import { type LocalResource, object, type Properties } from '../template/properties.ts';
import { matchesPattern } from './filter.ts';
import { inputOf, type TargetInput } from './targetInput.ts';

interface RuleTarget {
  readonly arn: string;
  readonly input: TargetInput;
  readonly messageGroupId?: string;
}

export interface LocalRule {
  readonly id: string;
  readonly schedule?: string;
  readonly pattern?: Properties;
  readonly targets: readonly RuleTarget[];
}

export interface TargetWorld {
  readonly sqs: SQSClient;
  /** By ARN. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly queueUrls: ReadonlyMap<string, string>;
  /** Publishes to the topic of an ARN; undefined when there is none. */
  readonly topicOf: (arn: string) => ((message: string) => void) | undefined;
  readonly onFault: (text: string) => void;
}

const refuse = (id: string, what: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Rule ${id}: ${what} is not supported here`);
};

const targetOf = (rule: string, target: Properties): RuleTarget => {
  const { MessageGroupId } = object(target['SqsParameters']);
  return {
    arn: String(target['Arn']),
    input: inputOf(rule, target),
    ...(MessageGroupId !== undefined && { messageGroupId: String(MessageGroupId) }),
  };
};

/**
 * undefined for a rule that is switched off.
 * @throws LocalCloudError for a target or a setting that this cloud cannot serve
 */
export const ruleOf = (
  { id, properties }: LocalResource,
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
    ...(ScheduleExpression !== undefined && { schedule: String(ScheduleExpression) }),
    ...(EventPattern !== undefined && { pattern: object(EventPattern) }),
    targets,
  };
};

const sendTo = async (target: RuleTarget, event: object, world: TargetWorld): Promise<void> => {
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

/** Sends the event to all targets; what fails is told, as a rule's failed invocations are on AWS. */
export const fire = (rule: LocalRule, event: object, world: TargetWorld): void => {
  for (const target of rule.targets)
    sendTo(target, event, world).catch((error: unknown) => world.onFault(String(error)));
};

export const isMatch = ({ pattern }: LocalRule, event: object): boolean =>
  pattern !== undefined && matchesPattern(pattern, event);
