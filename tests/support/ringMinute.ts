/** The rule rings each minute; a test need not wait for it. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { OUTPUTS } from '#shared/contracts/outputs.ts';

/** Sends what the rule sends at a full minute: every shard is probed. */
export const ringMinute = async (
  sqs: SQSClient,
  outputs: Readonly<Record<string, string | undefined>>,
): Promise<void> => {
  const MessageBody = JSON.stringify({ kind: 'minute', at: Date.now() });
  await sqs.send(new SendMessageCommand({ QueueUrl: outputs[OUTPUTS.probesUrl], MessageBody }));
};
