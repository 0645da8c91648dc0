/** A table's items as records of its stream: what a stream that forgets old records cannot tell. */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { StreamRecord } from '../triggers/streamBatch.ts';
import { eventRecord, type StreamReading } from '../triggers/streamReading.ts';

/** Rows of the tables say when they changed. */
const changedAt = ({ dynamodb }: StreamRecord): number => {
  const { NewImage } = dynamodb as { NewImage?: { updatedAt?: { N?: string } } };
  return Number(NewImage?.updatedAt?.N ?? 0);
};

/** What only a record of a stream has. */
const INSERTED = { eventID: '', eventName: 'INSERT', awsRegion: '' };
const NOWHERE = { SequenceNumber: '', ApproximateCreationDateTime: 0 };

/** All of them, the latest change last. */
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
