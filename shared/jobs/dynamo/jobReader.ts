/** Lists jobs by the sparse indexes. An index holds keys only, so a BatchGet reads the jobs. */
import {
  type DynamoDBDocumentClient,
  paginateScan,
  QueryCommand,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Priced } from '#shared/billing/jobCost.ts';
import type { Attention } from '#shared/contracts/jobs.ts';
import { ATTENTION_INDEX, DUE_INDEX } from '#shared/contracts/tables.ts';
import type { DueReader } from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { attentionKeys, DUE_KEYS, LABEL_INDEX } from './indexParts.ts';
import { readJobs } from './readJobs.ts';
import { jobRecordOf } from './recordItems.ts';

interface ReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** Lists of jobs, for people. */
export interface JobReader {
  /** Jobs that ended DEAD or QUARANTINED, newest first. */
  attention(status: Attention, limit: number): Promise<readonly JobRecord[]>;
  /** Jobs sent with the label, oldest first. */
  labelled(
    label: 'missionId' | 'taskId',
    value: string,
    limit: number,
  ): Promise<readonly JobRecord[]>;
  /**
   * Jobs that have not ended, the longest unchanged first; `only` those that it is true for. Reads
   * the whole table.
   */
  open(limit: number, only?: (record: JobRecord) => boolean): Promise<readonly JobRecord[]>;
  /** Ended jobs with a price, in no order. Reads the whole table. */
  priced(): AsyncIterable<readonly Priced[]>;
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
    const records = await readJobs(options, keys);
    yield records.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    from = page.LastEvaluatedKey;
  } while (from);
}

/** All jobs, in no order. A row without a status is left out: it only says that others wait. */
async function* scanned(
  { client, table }: ReaderOptions,
  narrowed: Pick<ScanCommandInput, 'FilterExpression' | 'ProjectionExpression'>,
): AsyncGenerator<readonly JobRecord[]> {
  const FilterExpression = `sk = :job AND attribute_exists(#status)${narrowed.FilterExpression ?? ''}`;
  const pages = paginateScan(
    { client },
    {
      ...narrowed,
      TableName: table,
      ConsistentRead: true,
      FilterExpression,
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':job': 'JOB' },
    },
  );
  for await (const { Items = [] } of pages) yield Items.map(jobRecordOf);
}

/** Due jobs of one Jobs table, page by page, one shard after another, earliest first in a page. */
export const createDueReader = (options: ReaderOptions): DueReader => ({
  async *until(until) {
    for (const shard of DUE_KEYS) yield* dueOf(options, shard, until);
  },
});

/** Lists of one Jobs table. The indexes lag behind the table by a moment. */
export const createJobReader = (options: ReaderOptions): JobReader => ({
  attention: async (status, limit) => {
    const keys = await Promise.all(
      attentionKeys(status).map((value) =>
        queryKeys(options, ATTENTION_INDEX, value, { limit, newestFirst: true }),
      ),
    );
    const records = await readJobs(options, keys.flat());
    return records.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit);
  },
  labelled: async (label, value, limit) => {
    const keys = await queryKeys(options, LABEL_INDEX[label], value, { limit, newestFirst: false });
    return (await readJobs(options, keys)).sort((a, b) => a.createdAt - b.createdAt);
  },
  open: async (limit, only = () => true) => {
    const open: JobRecord[] = [];
    for await (const page of scanned(options, {}))
      open.push(...page.filter((record) => !isTerminal(record.status) && only(record)));
    return open.sort((a, b) => a.updatedAt - b.updatedAt).slice(0, limit);
  },
  priced: async function* () {
    const narrowed = {
      FilterExpression: ' AND attribute_exists(cost)',
      ProjectionExpression: 'pk, sk, #status, createdAt, updatedAt, generation, cost, settlement',
    };
    for await (const page of scanned(options, narrowed))
      yield page.filter(({ status }) => isTerminal(status));
  },
});
