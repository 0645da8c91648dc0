/** Lists jobs through the sparse indexes, which hold keys only; the jobs themselves come by BatchGet. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  ATTENTION_INDEX,
  ATTENTION_SHARDS,
  DUE_INDEX,
  DUE_SHARDS,
  MISSION_INDEX,
  TASK_INDEX,
} from '#shared/contracts/tables.ts';
import type { DueReader } from '../ports.ts';
import type { JobRecord } from '../record.ts';
import { readAll } from './batches.ts';

interface ReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export interface JobReader {
  /** Jobs that ended DEAD or QUARANTINED, newest first. */
  attention(status: 'DEAD' | 'QUARANTINED', limit: number): Promise<readonly JobRecord[]>;
  /** Jobs sent with the label, oldest first. */
  labelled(
    label: 'missionId' | 'taskId',
    value: string,
    limit: number,
  ): Promise<readonly JobRecord[]>;
}

interface Key {
  readonly pk: string;
  readonly sk: string;
}

const DUE_PAGE = 100;

const queryKeys = async (
  { client, table }: ReaderOptions,
  index: { readonly name: string; readonly key: string },
  value: string,
  options: { readonly limit: number; readonly newestFirst: boolean },
): Promise<readonly Key[]> => {
  const keys: Key[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: index.name,
        KeyConditionExpression: '#key = :value',
        ExpressionAttributeNames: { '#key': index.key },
        ExpressionAttributeValues: { ':value': value },
        ScanIndexForward: !options.newestFirst,
        Limit: options.limit - keys.length,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    keys.push(...(page.Items ?? []).map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })));
    from = page.LastEvaluatedKey;
  } while (from && keys.length < options.limit);
  return keys;
};

/** Pages of one shard of the due index, earliest first. */
async function* dueOf(
  options: ReaderOptions,
  shard: string,
  until: number,
): AsyncGenerator<readonly JobRecord[]> {
  let from: Record<string, unknown> | undefined;
  do {
    const page = await options.client.send(
      new QueryCommand({
        TableName: options.table,
        IndexName: DUE_INDEX.name,
        KeyConditionExpression: '#key = :shard AND #sort <= :until',
        ExpressionAttributeNames: { '#key': DUE_INDEX.key, '#sort': DUE_INDEX.sort },
        ExpressionAttributeValues: { ':shard': shard, ':until': until },
        Limit: DUE_PAGE,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    const keys = (page.Items ?? []).map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
    const records = await readAll(options, keys);
    yield records.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    from = page.LastEvaluatedKey;
  } while (from);
}

export const createDueReader = (options: ReaderOptions): DueReader => ({
  async *until(until) {
    for (let shard = 0; shard < DUE_SHARDS; shard += 1) yield* dueOf(options, String(shard), until);
  },
});

export const createJobReader = (options: ReaderOptions): JobReader => ({
  attention: async (status, limit) => {
    const shards = Array.from({ length: ATTENTION_SHARDS }, (_, shard) => `${status}#${shard}`);
    const keys = await Promise.all(
      shards.map((value) =>
        queryKeys(options, ATTENTION_INDEX, value, { limit, newestFirst: true }),
      ),
    );
    const records = await readAll(options, keys.flat());
    return records.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit);
  },
  labelled: async (label, value, limit) => {
    const index = label === 'missionId' ? MISSION_INDEX : TASK_INDEX;
    const keys = await queryKeys(options, index, value, { limit, newestFirst: false });
    return (await readAll(options, keys)).sort((a, b) => a.createdAt - b.createdAt);
  },
});
