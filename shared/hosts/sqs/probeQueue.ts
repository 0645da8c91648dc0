/** Sends messages to the probes queue. A lost message costs one probe; a duplicate is harmless. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson } from '#shared/kernel/json.ts';
import type { ProbeQueue } from '../ports.ts';

/** The queue refused messages. To send all of them again does no harm. */
class ProbesRefusedError extends Error {
  override readonly name = 'ProbesRefusedError';
  readonly code = 'PROBES_REFUSED';
}

/** The probes queue, with delays of up to 900 s. */
export const createProbeQueue = (sqs: SQSClient, queueUrl: string): ProbeQueue => ({
  send: async (messages) => {
    const entries = messages.map(({ message, delaySeconds }) => ({
      MessageBody: asciiJson(message),
      DelaySeconds: delaySeconds,
    }));
    await sendAll(
      sqs,
      queueUrl,
      entries,
      (what) => new ProbesRefusedError(`the probes queue refused ${what}`),
    );
  },
});
