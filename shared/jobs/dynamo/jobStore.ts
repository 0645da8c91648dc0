/** JobStore on DynamoDB. Each write is one conditional request; a refusal returns the item. */
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobStore } from '../ports/jobs.ts';
import { type ClaimOutcome, classifyRefusal, type FencedOutcome } from '../record/claimOutcome.ts';
import type { JobRecord } from '../record/record.ts';
import type { Transition } from '../record/transitions.ts';
import { jobKey, jobRecordOf } from './recordItems.ts';
import {
  claimInput,
  createInput,
  FENCE,
  fenceFor,
  fenceValues,
  type Guard,
  noteInput,
  updateInput,
} from './recordRequests.ts';
import { assignments, blockerOf } from './updateExpressions.ts';

/** The client and the Jobs table of an adapter. */
export interface StoreOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** Whether the row has our change: then the write was applied and only its answer was lost. */
const landed = (record: JobRecord | undefined, change: Transition): boolean =>
  record?.status === change.to && record.updatedAt === change.set.updatedAt;

/** The writes under a lease, or to a row that must be as it was seen. */
const changes = ({
  client,
  table,
}: StoreOptions): Pick<JobStore, 'claim' | 'transition' | 'change' | 'amend'> => {
  const apply = async (
    id: string,
    change: Transition,
    guard: Guard,
    isOurs: (record: JobRecord | undefined) => boolean,
  ): Promise<FencedOutcome> => {
    try {
      await client.send(new UpdateCommand(updateInput(table, id, change, guard)));
      return { kind: 'applied' };
    } catch (error) {
      const record = blockerOf(error);
      return isOurs(record) ? { kind: 'applied' } : { kind: 'lost', record };
    }
  };

  return {
    claim: async (request): Promise<ClaimOutcome> => {
      try {
        const { Attributes } = await client.send(new UpdateCommand(claimInput(table, request)));
        assert(Attributes, 'a claim returns the new item');
        return { kind: 'claimed', record: jobRecordOf(Attributes) };
      } catch (error) {
        return classifyRefusal(blockerOf(error), request, LIMITS.clockSkewMs);
      }
    },

    transition: (lease, change) =>
      apply(
        lease.id,
        change,
        { condition: fenceFor(change), values: fenceValues(lease) },
        // With our lease in the row, no other writer can have set this status.
        (record) => record?.leaseId === lease.leaseId && landed(record, change),
      ),

    change: (seen, change) =>
      apply(
        seen.id,
        change,
        {
          condition: '#status = :seenStatus AND updatedAt = :seenAt AND attempt = :seenAttempt',
          values: {
            ':seenStatus': seen.status,
            ':seenAt': seen.updatedAt,
            ':seenAttempt': seen.attempt,
          },
        },
        (record) => landed(record, change),
      ),

    amend: async (lease, fields): Promise<FencedOutcome> => {
      const input = assignments(fields);
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: jobKey(lease.id),
            ...input,
            ConditionExpression: FENCE,
            ExpressionAttributeNames: { ...input.ExpressionAttributeNames, '#status': 'status' },
            ExpressionAttributeValues: {
              ...input.ExpressionAttributeValues,
              ...fenceValues(lease),
            },
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        assert(Attributes, 'an amended row is returned');
        return { kind: 'applied', record: jobRecordOf(Attributes) };
      } catch (error) {
        return { kind: 'lost', record: blockerOf(error) };
      }
    },
  };
};

/** The writes and reads of whole rows. */
const rows = ({
  client,
  table,
}: StoreOptions): Pick<JobStore, 'create' | 'note' | 'forget' | 'get'> => ({
  create: async (record) => {
    try {
      await client.send(new UpdateCommand(createInput(table, record)));
      return { kind: 'created' };
    } catch (error) {
      const existing = blockerOf(error);
      assert(existing, 'a row stands in the way');
      return { kind: 'exists', record: existing };
    }
  },

  note: async (id, repeat) => {
    try {
      await client.send(new UpdateCommand(noteInput(table, id, repeat)));
    } catch (error) {
      // The row is gone, or it has enough notes.
      blockerOf(error);
    }
  },

  forget: async (record) => {
    try {
      await client.send(
        new DeleteCommand({
          TableName: table,
          Key: jobKey(record.id),
          ConditionExpression: '#status = :status AND updatedAt = :at',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':status': record.status, ':at': record.updatedAt },
        }),
      );
    } catch (error) {
      // Another writer deleted the row first, or the job runs again.
      blockerOf(error);
    }
  },

  get: async (id) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: jobKey(id), ConsistentRead: true }),
    );
    const record = Item ? jobRecordOf(Item) : undefined;
    return record?.status === undefined ? undefined : record;
  },
});

/** The jobs of one Jobs table. */
export const createJobStore = (options: StoreOptions): JobStore => ({
  ...changes(options),
  ...rows(options),
});
