/**
 * The items of a table as records of its stream, for a stream that no longer has its oldest
 * records.
 */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { StreamRecord } from '../triggers/streamBatch.ts';
import { eventRecord, type StreamReading } from '../triggers/streamReading.ts';

/** Each row has the time of its last change. */
const changedAt = ({ dynamodb }: StreamRecord): number => {
  const { NewImage } = dynamodb as { NewImage?: { updatedAt?: { N?: string } } };
  return Number(NewImage?.updatedAt?.N ?? 0);
};

/** Fields that only a stream's own record has. */
const INSERTED = { eventID: '', eventName: 'INSERT', awsRegion: '' };
const NOWHERE = { SequenceNumber: '', ApproximateCreationDateTime: 0 };

/** Scans the whole table; the latest change comes last. */
export const itemsAsRecords = async (
  client: DynamoDBClient,
  TableName: string,
  keys: readonly string[],
  reading: StreamReading,
): Promise<readonly StreamRecord[]> => {
  const records: StreamRecord[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName }))
    for (const NewImage of Items) {
      const Keys = Object.fromEntries(keys.map((key) => [key, NewImage[key]]));
      const dynamodb = { ...NOWHERE, Keys, NewImage };
      records.push(eventRecord({ ...INSERTED, dynamodb }, reading));
    }
  return records.sort((a, b) => changedAt(a) - changedAt(b));
};
