/**
 * Jobs page by page, for people: by the sparse indexes, else by a scan of the table. A cursor is
 * opaque text, and tells where each partition was left.
 */
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Attention } from '#shared/contracts/jobs.ts';
import { ATTENTION_INDEX, DUE_INDEX } from '#shared/contracts/tables.ts';
import type { JobRecord } from '../record/record.ts';
import { attentionKeys, DUE_KEYS, LABEL_INDEX } from './indexParts.ts';
import { readJobs } from './readJobs.ts';
import { jobRecordOf } from './recordItems.ts';

/** Which rows are read: those under keys of an index, or all of the table. */
export type Listing =
  | { readonly by: 'attention'; readonly statuses: readonly Attention[] }
  | { readonly by: 'missionId' | 'taskId'; readonly value: string }
  /** Jobs that the table keeps without a message, the earliest due first. */
  | { readonly by: 'due' }
  | { readonly by: 'scan' };

/** A part of a listing. */
export interface ListedPage {
  /** The rows that match. */
  readonly records: readonly JobRecord[];
  /** Where the next page begins; absent at the end. */
  readonly next?: string;
  /** How many rows were read for it. */
  readonly read: number;
}

/** What a scan of the whole table reads. */
interface ScanSize {
  readonly items: number;
  readonly bytes: number;
  /** Read units, eventually consistent. */
  readonly readUnits: number;
}

/** Lists that go on from a cursor. */
export interface JobPages {
  /**
   * One page.
   *
   * @throws CursorError for a cursor that is none of this listing
   */
  page(
    listing: Listing,
    only: (record: JobRecord) => boolean,
    cursor: string | undefined,
  ): Promise<ListedPage>;
  /** What a scan would read. DynamoDB counts anew every six hours. */
  scanSize(): Promise<ScanSize>;
}

/** The cursor is damaged, or of another list. */
export class CursorError extends Error {
  override readonly name = 'CursorError';
  readonly code = 'CURSOR_INVALID';
}

interface PagesOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

type Key = Readonly<Record<string, unknown>>;
/** Where each partition was left; `null`: at its end. */
type Places = Readonly<Record<string, Key | null>>;

const ROWS = 50;
/** A page ends here, even when too few rows match: the next page goes on. */
const READ_MAX = 1_000;
const SCANS_MAX = 8;
const UNIT_BYTES = 8_192;
/** Of a row, where the server does not tell the size of the table. */
const ROW_BYTES = 1_200;

const placesOf = (cursor: string | undefined): Places => {
  if (cursor === undefined) return {};
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Places;
  } catch (error) {
    throw new CursorError('the place in the list cannot be read: begin at its start again', {
      cause: error,
    });
  }
};

const cursorOf = (places: Places): string =>
  Buffer.from(JSON.stringify(places)).toString('base64url');

interface Partitions {
  readonly index: { readonly name: string; readonly key: string; readonly sort: string };
  readonly values: readonly string[];
  readonly newestFirst: boolean;
}

const partitionsOf = (listing: Exclude<Listing, { by: 'scan' }>): Partitions => {
  if (listing.by === 'attention')
    return {
      index: ATTENTION_INDEX,
      values: listing.statuses.flatMap(attentionKeys),
      newestFirst: true,
    };
  if (listing.by === 'due') return { index: DUE_INDEX, values: DUE_KEYS, newestFirst: false };
  return { index: LABEL_INDEX[listing.by], values: [listing.value], newestFirst: true };
};

const queryFrom = async (
  { client, table }: PagesOptions,
  { index, newestFirst }: Partitions,
  value: string,
  from: Key | undefined,
) => {
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: index.name,
      KeyConditionExpression: '#key = :value',
      ExpressionAttributeNames: { '#key': index.key },
      ExpressionAttributeValues: { ':value': value },
      ScanIndexForward: !newestFirst,
      Limit: ROWS,
      ...(from && { ExclusiveStartKey: from }),
    }),
  );
  const keyOf = (item: Key): Key =>
    Object.fromEntries(['pk', 'sk', index.key, index.sort].map((name) => [name, item[name]]));
  return { value, keys: Items.map(keyOf), isLast: LastEvaluatedKey === undefined };
};

/** The next rows of all partitions, in the order of the index. */
const nextKeys = async (options: PagesOptions, partitions: Partitions, places: Places) => {
  const { index, values, newestFirst } = partitions;
  const left = values.filter((value) => places[value] !== null);
  const pages = await Promise.all(
    left.map((value) => queryFrom(options, partitions, value, places[value] ?? undefined)),
  );
  const sign = newestFirst ? -1 : 1;
  const keys = pages
    .flatMap((page) => page.keys)
    .sort((a, b) => sign * (Number(a[index.sort]) - Number(b[index.sort])))
    .slice(0, ROWS);
  const taken = new Set(keys);
  const after = pages.map(({ value, keys: found, isLast }): [string, Key | null] | undefined => {
    const last = found.findLast((key) => taken.has(key));
    if (isLast && last === found.at(-1)) return [value, null];
    return last && [value, last];
  });
  return {
    keys,
    places: { ...places, ...Object.fromEntries(after.flatMap((each) => (each ? [each] : []))) },
  };
};

const byIndex = async (
  options: PagesOptions,
  partitions: Partitions,
  only: (record: JobRecord) => boolean,
  cursor: string | undefined,
): Promise<ListedPage> => {
  const { index, values } = partitions;
  const records: JobRecord[] = [];
  let places = placesOf(cursor);
  let read = 0;
  const isOver = (): boolean => values.every((value) => places[value] === null);
  while (!isOver() && records.length < ROWS && read < READ_MAX) {
    const step = await nextKeys(options, partitions, places);
    places = step.places;
    read += step.keys.length;
    const keys = step.keys.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
    const order = new Map(keys.map(({ pk }, at) => [pk.slice('JOB#'.length), at]));
    const found = await readJobs(options, keys);
    found.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    // The index lags behind the table: a row may have left the list since.
    const there = found.filter((record) => Reflect.get(record, index.key) !== undefined);
    records.push(...there.filter(only));
  }
  return { records, read, ...(!isOver() && { next: cursorOf(places) }) };
};

const byScan = async (
  { client, table }: PagesOptions,
  only: (record: JobRecord) => boolean,
  cursor: string | undefined,
): Promise<ListedPage> => {
  const records: JobRecord[] = [];
  let from: Key | undefined = placesOf(cursor)['scan'] ?? undefined;
  let read = 0;
  for (let scans = 0; scans < SCANS_MAX && records.length < ROWS; scans += 1) {
    const { Items = [], ...page } = await client.send(
      new ScanCommand({
        TableName: table,
        FilterExpression: 'sk = :job AND attribute_exists(#status)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':job': 'JOB' },
        Limit: READ_MAX,
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    read += page.ScannedCount ?? 0;
    records.push(...Items.map(jobRecordOf).filter(only));
    from = page.LastEvaluatedKey;
    if (!from) return { records, read };
  }
  return { records, read, ...(from && { next: cursorOf({ scan: from }) }) };
};

/** The pages of one Jobs table. */
export const createJobPages = (options: PagesOptions): JobPages => ({
  page: (listing, only, cursor) =>
    listing.by === 'scan'
      ? byScan(options, only, cursor)
      : byIndex(options, partitionsOf(listing), only, cursor),
  scanSize: async () => {
    const { Table } = await options.client.send(
      new DescribeTableCommand({ TableName: options.table }),
    );
    const { ItemCount: items = 0, TableSizeBytes = 0 } = Table ?? {};
    const bytes = TableSizeBytes || items * ROW_BYTES;
    return { items, bytes, readUnits: Math.ceil(bytes / UNIT_BYTES) };
  },
});
