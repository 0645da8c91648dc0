/** Messages on their way to the probes queue. One that is lost costs a probe, one more is harmless. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ProbeQueue } from '../ports.ts';

const ENTRIES_MAX = 10;

export const createProbeQueue = (sqs: SQSClient, queueUrl: string): ProbeQueue => ({
  send: async (messages) => {
    for (let from = 0; from < messages.length; from += ENTRIES_MAX) {
      const page = messages.slice(from, from + ENTRIES_MAX);
      const Entries = page.map(({ message, delaySeconds }, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify(message),
        DelaySeconds: delaySeconds,
      }));
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      if (Failed.length > 0) throw new Error(`probes queue: ${Failed[0]?.Message ?? 'refused'}`);
    }
  },
});
