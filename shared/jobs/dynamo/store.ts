/** JobStore on DynamoDB. Every transition is one conditional UpdateItem; a refusal brings the item along. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobStore } from '../ports.ts';
import {
  type ClaimOutcome,
  type ClaimRequest,
  classifyRefusal,
  type FencedOutcome,
  type JobRecord,
  type Lease,
  type Transition,
} from '../record.ts';
import { itemOf, jobKey, recordOf } from './codec.ts';

interface StoreOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** The record that made a condition fail; anything else is not ours to explain. */
const blockerOf = (error: unknown): JobRecord | undefined => {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  return error.Item ? recordOf(unmarshall(error.Item)) : undefined;
};

const claimInput = (table: string, request: ClaimRequest) => {
  const { missionId, taskId } = request;
  const labels = { ...(missionId && { missionId }), ...(taskId && { taskId }) };
  const fixed = {
    kind: request.kind,
    priority: request.priority,
    group: request.group,
    source: request.source,
    ...labels,
  };
  const names = Object.keys(fixed);
  return {
    TableName: table,
    Key: jobKey(request.id),
    UpdateExpression: [
      'SET #status = :running, attempt = if_not_exists(attempt, :zero) + :one',
      'leaseId = :leaseId, leaseUntil = :leaseUntil, updatedAt = :now, contentHash = :hash',
      'createdAt = if_not_exists(createdAt, :createdAt), messageId = if_not_exists(messageId, :messageId)',
      'history = list_append(if_not_exists(history, :none), :claimed)',
      `${names.map((name) => `#${name} = :${name}`).join(', ')} REMOVE attention, expiresAt, #error`,
    ].join(', '),
    // What was refused never ran: its sender may mend it and send it again under the same id.
    ConditionExpression: [
      'attribute_not_exists(pk)',
      '#status = :quarantined',
      'contentHash = :hash AND attempt < :max AND #status = :retrying AND dueAt <= :now',
      'contentHash = :hash AND attempt < :max AND #status = :running AND leaseUntil < :expired',
    ].join(' OR '),
    ExpressionAttributeNames: {
      '#status': 'status',
      '#error': 'error',
      ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(fixed).map(([name, value]) => [`:${name}`, value])),
      ':running': 'RUNNING',
      ':retrying': 'RETRYING',
      ':quarantined': 'QUARANTINED',
      ':zero': 0,
      ':one': 1,
      ':none': [],
      ':leaseId': request.leaseId,
      ':leaseUntil': request.leaseUntil,
      ':now': request.now,
      ':expired': request.now - LIMITS.clockSkewMs,
      ':createdAt': request.createdAt,
      ':messageId': request.messageId,
      ':hash': request.contentHash,
      ':max': request.attemptsMax,
      ':claimed': [{ at: request.now, event: 'claimed', by: request.by }],
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

const transitionInput = (table: string, lease: Lease, change: Transition) => {
  const set = Object.entries(change.set).filter(([, value]) => value !== undefined);
  const named = [...set.map(([name]) => name), ...change.remove];
  const remove = change.remove.map((name) => `#${name}`).join(', ');
  const sets = ['#status = :to', ...set.map(([name]) => `#${name} = :${name}`)].join(', ');
  return {
    TableName: table,
    Key: jobKey(lease.id),
    UpdateExpression: `SET ${sets}${remove === '' ? '' : ` REMOVE ${remove}`}`,
    ConditionExpression: '#status = :running AND attempt = :attempt AND leaseId = :leaseId',
    ExpressionAttributeNames: {
      '#status': 'status',
      ...Object.fromEntries(named.map((name) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ':to': change.to,
      ':running': 'RUNNING',
      ':attempt': lease.attempt,
      ':leaseId': lease.leaseId,
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

const isOurs = (record: JobRecord | undefined, lease: Lease): boolean =>
  record?.leaseId === lease.leaseId && record.attempt === lease.attempt;

export const createJobStore = ({ client, table }: StoreOptions): JobStore => ({
  claim: async (request): Promise<ClaimOutcome> => {
    try {
      const { Attributes } = await client.send(new UpdateCommand(claimInput(table, request)));
      assert(Attributes, 'a claim returns the new item');
      return { kind: 'claimed', record: recordOf(Attributes) };
    } catch (error) {
      const record = blockerOf(error);
      assert(record, 'a claim is refused by an item');
      return classifyRefusal(record, request, LIMITS.clockSkewMs);
    }
  },

  transition: async (lease, change): Promise<FencedOutcome> => {
    try {
      await client.send(new UpdateCommand(transitionInput(table, lease, change)));
      return { kind: 'applied' };
    } catch (error) {
      const record = blockerOf(error);
      // The write landed and its answer was lost: nobody else can have set this status under our lease.
      const landed = isOurs(record, lease) && record?.status === change.to;
      return landed ? { kind: 'applied' } : { kind: 'lost', record };
    }
  },

  extend: async (lease, leaseUntil): Promise<FencedOutcome> => {
    try {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: jobKey(lease.id),
          UpdateExpression: 'SET leaseUntil = :until',
          ConditionExpression: '#status = :running AND attempt = :attempt AND leaseId = :leaseId',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':until': leaseUntil,
            ':running': 'RUNNING',
            ':attempt': lease.attempt,
            ':leaseId': lease.leaseId,
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'applied' };
    } catch (error) {
      return { kind: 'lost', record: blockerOf(error) };
    }
  },

  quarantine: async (record): Promise<boolean> => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: itemOf(record),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return true;
    } catch (error) {
      const existing = blockerOf(error);
      return existing?.status === 'QUARANTINED' && existing.messageId === record.messageId;
    }
  },

  get: async (id) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: jobKey(id), ConsistentRead: true }),
    );
    return Item ? recordOf(Item) : undefined;
  },
});
