/** Messages on their way to the probes queue. One that is lost costs a probe, one more is harmless. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson } from '#shared/kernel/json.ts';
import type { ProbeQueue } from '../ports.ts';

/** Probe runs or a suspicion that the queue did not take: sending all of them again does no harm. */
class ProbesRefusedError extends Error {
  override readonly name = 'ProbesRefusedError';
  readonly code = 'PROBES_REFUSED';
}

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
