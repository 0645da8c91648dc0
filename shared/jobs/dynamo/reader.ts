/** Lists jobs through the sparse indexes, which hold keys only; the jobs themselves come by BatchGet. */
import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  ATTENTION_INDEX,
  ATTENTION_SHARDS,
  MISSION_INDEX,
  TASK_INDEX,
} from '#shared/contracts/tables.ts';
import type { JobRecord } from '../record.ts';
import { recordOf } from './codec.ts';

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

const BATCH_GET_MAX = 100;

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

const getPage = async (
  { client, table }: ReaderOptions,
  keys: readonly Key[],
): Promise<JobRecord[]> => {
  const records: JobRecord[] = [];
  let left: readonly Record<string, unknown>[] = keys.map((key) => ({ ...key }));
  while (left.length > 0) {
    const answer = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: [...left] } } }),
    );
    records.push(...(answer.Responses?.[table] ?? []).map(recordOf));
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return records;
};

const getAll = async (options: ReaderOptions, keys: readonly Key[]): Promise<JobRecord[]> => {
  const pages = Array.from({ length: Math.ceil(keys.length / BATCH_GET_MAX) }, (_, page) =>
    keys.slice(page * BATCH_GET_MAX, (page + 1) * BATCH_GET_MAX),
  );
  return (await Promise.all(pages.map((page) => getPage(options, page)))).flat();
};

export const createJobReader = (options: ReaderOptions): JobReader => ({
  attention: async (status, limit) => {
    const shards = Array.from({ length: ATTENTION_SHARDS }, (_, shard) => `${status}#${shard}`);
    const keys = await Promise.all(
      shards.map((value) =>
        queryKeys(options, ATTENTION_INDEX, value, { limit, newestFirst: true }),
      ),
    );
    const records = await getAll(options, keys.flat());
    return records.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit);
  },
  labelled: async (label, value, limit) => {
    const index = label === 'missionId' ? MISSION_INDEX : TASK_INDEX;
    const keys = await queryKeys(options, index, value, { limit, newestFirst: false });
    return (await getAll(options, keys)).sort((a, b) => a.createdAt - b.createdAt);
  },
});
