/**
 * Counts the requests of this environment to tables and queues, and the units that DynamoDB
 * reports.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { USAGE_METRICS } from '#shared/contracts/metrics.ts';

/** Where the counts go. */
export interface UsageMetrics {
  addUsage(name: string, unit: 'Count' | 'None', value: number): void;
}

const used = { writes: 0, reads: 0, conflicts: 0, conditions: 0, queue: 0 };

const READS = /^(?:Get|BatchGet|TransactGet|Query|Scan)/;

interface Consumed {
  readonly CapacityUnits?: number;
}
interface Refused {
  readonly name?: string;
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

const count = (command: string, output: unknown): void => {
  const { ConsumedCapacity = [] } = output as { ConsumedCapacity?: Consumed | Consumed[] };
  const units = [ConsumedCapacity].flat().reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
  used[READS.test(command) ? 'reads' : 'writes'] += units;
};

const countRefusal = ({ name, CancellationReasons = [] }: Refused): void => {
  const codes = new Set(CancellationReasons.map(({ Code }) => Code));
  if (name === 'TransactionConflictException' || codes.has('TransactionConflict'))
    used.conflicts += 1;
  if (name === 'ConditionalCheckFailedException' || codes.has('ConditionalCheckFailed'))
    used.conditions += 1;
};

const OPTIONS = { step: 'initialize', name: 'usage' } as const;

/** Counts the client's units. DynamoDB reports them at no cost, when it is asked. */
export const countTable = <Client extends DynamoDBClient | DynamoDBDocumentClient>(
  client: Client,
): Client => {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        // Who asked has counted: a client of items sends through this one.
        if ('ReturnConsumedCapacity' in args.input) return next(args);
        try {
          const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' };
          const result = await next({ ...args, input } as typeof args);
          count(String(commandName), result.output);
          return result;
        } catch (error) {
          countRefusal(error as Refused);
          throw error;
        }
      },
    OPTIONS,
  );
  return client;
};

/** Counts the client's requests. */
export const countQueue = (client: SQSClient): SQSClient => {
  client.middlewareStack.add(
    (next) => (args) => {
      used.queue += 1;
      return next(args);
    },
    OPTIONS,
  );
  return client;
};

const MS_PER_SECOND = 1_000;
const MB_PER_GB = 1_024;

/**
 * Reports the usage since the last report, and the memory and time of this invocation.
 *
 * @param runMs length of the invocation, in ms
 */
export const tellUsage = (metrics: UsageMetrics, runMs: number, memoryMb: number): void => {
  const tell = (name: string, value: number): void => {
    if (value > 0) metrics.addUsage(name, 'Count', value);
  };
  tell(USAGE_METRICS.writeUnits, used.writes);
  tell(USAGE_METRICS.readUnits, used.reads);
  tell(USAGE_METRICS.conflicts, used.conflicts);
  tell(USAGE_METRICS.conditionsFailed, used.conditions);
  tell(USAGE_METRICS.queueRequests, used.queue);
  const seconds = runMs / MS_PER_SECOND;
  metrics.addUsage(USAGE_METRICS.gigabyteSeconds, 'None', seconds * (memoryMb / MB_PER_GB));
  Object.assign(used, { writes: 0, reads: 0, conflicts: 0, conditions: 0, queue: 0 });
};
