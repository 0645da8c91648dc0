/** SignalStore on DynamoDB. */
import { DeleteCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobStore } from '../ports/jobs.ts';
import type { SignalStore } from '../ports/signals.ts';
import { signalsSince } from '../record/record.ts';
import type { Signal } from '../steps/kept.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobKey, jobRecordOf } from './recordItems.ts';
import { arrivalOf, OPEN, obstacleIn, type StepItem, signalItemKey } from './stepItems.ts';
import { blockerOf } from './updateExpressions.ts';

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

const wakeInput = (table: string, id: string, key: string, now: number) =>
  ({
    TableName: table,
    Key: jobKey(id),
    UpdateExpression: 'SET notBefore = :now, updatedAt = :now',
    ConditionExpression:
      '#status = :waiting AND attribute_not_exists(pending) AND contains(#wait.wakers, :key)',
    ExpressionAttributeNames: { '#status': 'status', '#wait': 'wait' },
    ExpressionAttributeValues: { ':now': now, ':waiting': 'WAITING', ':key': key },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }) as const;

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
    wake: async (id, key, now) => {
      try {
        const { Attributes } = await client.send(new UpdateCommand(wakeInput(table, id, key, now)));
        assert(Attributes, 'a woken row is returned');
        return { kind: 'woken', record: jobRecordOf(Attributes) };
      } catch (error) {
        return { kind: 'asleep', record: blockerOf(error) };
      }
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
