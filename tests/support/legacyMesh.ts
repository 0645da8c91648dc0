/** The mesh of a test's worker, as the bridge and the original's HTTP interface use one. */
import { checkBody } from '#cli/input/check.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import { resultOf } from '#shared/jobs/envelope/payload.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import type { BridgeMesh } from '#shared/legacy/bridge/ports.ts';
import type { LegacyHttpDeps } from '#shared/legacy/http/answer.ts';
import type { TestWorker } from './worker.ts';

export const legacyMesh = (
  { store, queueUrl, sqs, table, blobs, deps, send }: TestWorker,
  kinds: Kinds,
): BridgeMesh & LegacyHttpDeps['mesh'] => {
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const redriving = {
    ...deps,
    kinds,
    stepStore: createStepStore(table),
    outgoing: createOutgoing({ sqs, queueUrls }),
  };
  return {
    get: store.get,
    check: (envelope) => {
      const checked = checkBody(JSON.stringify(envelope), kinds);
      return 'message' in checked ? checked : undefined;
    },
    send: async (envelope) => void (await send(envelope, envelope.id)),
    again: async (record) => {
      const how = { by: 'bridge', reason: 'again', patch: undefined };
      return (await redrive([record], how, redriving)).refused[0];
    },
    result: (record) => resultOf(record, blobs),
  };
};
