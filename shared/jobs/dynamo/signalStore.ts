/** SignalStore on DynamoDB. */
import { DeleteCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobStore } from '../ports/jobs.ts';
import { signalsSince } from '../record/record.ts';
import type { Signal, SignalStore } from '../steps/kept.ts';
import type { StoreOptions } from './jobStore.ts';
import { arrivalOf, OPEN, obstacleIn, type StepItem, signalItemKey } from './stepItems.ts';

const signalInput = (
  table: string,
  id: string,
  { name, id: signalId, at, data, by }: Signal,
  over: number | undefined,
): UpdateCommandInput => ({
  TableName: table,
  Key: signalItemKey(id, name),
  UpdateExpression: `SET signalId = :id, #at = :at, #data = :data, #by = :by, ${JOBS_TTL} = :ttl REMOVE timedOut`,
  ConditionExpression: over === undefined ? OPEN : `(${OPEN}) OR #at = :over`,
  ExpressionAttributeNames: { '#at': 'at', '#data': 'data', '#by': 'by' },
  ExpressionAttributeValues: {
    ':id': signalId,
    ':at': at,
    ':data': data,
    ':by': by,
    ':ttl': Math.floor(at / 1_000) + LIMITS.stepKeptSeconds,
    ...(over !== undefined && { ':over': over }),
  },
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
});

/** Signals to the jobs of one Jobs table. @param store tells when a job was sent */
export const createSignalStore = (
  { client, table }: StoreOptions,
  store: Pick<JobStore, 'get'>,
): SignalStore => {
  const put = async (id: string, signal: Signal, over?: number): Promise<StepItem | undefined> => {
    try {
      await client.send(new UpdateCommand(signalInput(table, id, signal, over)));
      return undefined;
    } catch (error) {
      return obstacleIn(error);
    }
  };
  return {
    send: async (id, signal) => {
      const refused = await put(id, signal);
      if (!refused) return { kind: 'kept' };
      if (refused['signalId'] === signal.id) return { kind: 'repeated' };
      // What stands there may be of an earlier job with the id.
      const at = Number(refused['at']);
      const record = await store.get(id);
      const isStale = record !== undefined && at < signalsSince(record);
      const still = isStale ? await put(id, signal, at) : refused;
      const first = still && arrivalOf(still);
      return first ? { kind: 'taken', first } : { kind: 'kept' };
    },
    drop: async (id, name, signalId) => {
      try {
        await client.send(
          new DeleteCommand({
            TableName: table,
            Key: signalItemKey(id, name),
            ConditionExpression: 'signalId = :id',
            ExpressionAttributeValues: { ':id': signalId },
          }),
        );
      } catch (error) {
        obstacleIn(error);
      }
    },
  };
};
