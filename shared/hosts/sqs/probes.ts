/** Messages on their way to the probes queue. One that is lost costs a probe, one more is harmless. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { chunksOf } from '#shared/kernel/batches.ts';
import type { ProbeQueue } from '../ports.ts';

/** Turns or a suspicion that the queue did not take: sending all of them again does no harm. */
class ProbesRefusedError extends Error {
  override readonly name = 'ProbesRefusedError';
  readonly code = 'PROBES_REFUSED';
}

const ENTRIES_MAX = 10;

export const createProbeQueue = (sqs: SQSClient, queueUrl: string): ProbeQueue => ({
  send: async (messages) => {
    for (const page of chunksOf(messages, ENTRIES_MAX)) {
      const Entries = page.map(({ message, delaySeconds }, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify(message),
        DelaySeconds: delaySeconds,
      }));
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      const [first] = Failed;
      if (first)
        throw new ProbesRefusedError(
          `the probes queue refused ${Failed.length} of ${Entries.length}: ${first.Code} ${first.Message}`,
        );
    }
  },
});
