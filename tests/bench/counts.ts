/** Counting what the SDK sends, and what DynamoDB says that it cost. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface Counts {
  dynamo: number;
  /** Write units. */
  units: number;
  readUnits: number;
  sqs: number;
}

export const noCounts = (): Counts => ({ dynamo: 0, units: 0, readUnits: 0, sqs: 0 });

interface Capacity {
  readonly CapacityUnits?: number;
}

const unitsOf = (output: unknown): number => {
  const { ConsumedCapacity = [] } = output as { ConsumedCapacity?: Capacity | Capacity[] };
  return [ConsumedCapacity].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
};

const READS = ['GetItem', 'Query', 'BatchGetItem', 'Scan'];

interface Attachable {
  readonly middlewareStack: Pick<DynamoDBDocumentClient['middlewareStack'], 'add'>;
}

/** Works for a document client and for a plain one. */
export const countDynamo = (client: Attachable, counts: Counts): void =>
  client.middlewareStack.add(
    (next, context) => async (args) => {
      counts.dynamo += 1;
      const result = await next({
        ...args,
        input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' },
      });
      const name = String(context.commandName ?? '').replace('Command', '');
      const isRead = READS.some((read) => read.startsWith(name) || name.startsWith(read));
      counts[isRead ? 'readUnits' : 'units'] += unitsOf(result.output);
      return result;
    },
    { step: 'initialize' },
  );

export const countSqs = (sqs: SQSClient, counts: Counts): void =>
  sqs.middlewareStack.add(
    (next) => (args) => {
      counts.sqs += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
