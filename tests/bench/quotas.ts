/**
 * AWS's quotas that the design touches: the defaults of an account in us-east-1. The bounds, the
 * simulation and docs/limits.md go by this one table; a test compares.
 */
import { MESSAGE_BYTES_MAX } from '#shared/contracts/queues.ts';

const MEBIBYTE = 1_048_576;

/** A quota, and how docs/limits.md says it; `{}` is the value. */
interface Quota {
  readonly value: number;
  readonly says: string;
}

const quota = (value: number, says: string): Quota => ({ value, says });

export const QUOTAS = {
  inFlight: quota(120_000, 'SQS: {} messages in flight in a FIFO queue'),
  scanned: quota(120_000, 'SQS: it looks for free groups among the first {} messages'),
  groupReaders: quota(1, 'SQS: a message group is received by one worker at a time'),
  /** Requests a second for each action. */
  partition: quota(
    300,
    'SQS: {} requests a second for a partition of a high-throughput FIFO queue',
  ),
  queue: quota(70_000, 'SQS: {} requests a second for a high-throughput FIFO queue'),
  receives: quota(1_000, 'SQS: {} receives (`maxReceiveCount`)'),
  invisibleHours: quota(12, 'SQS: {} hours of invisibility'),
  retentionDays: quota(14, '(`queueRetentionDays`, {} at most in SQS)'),
  messageMebibytes: quota(MESSAGE_BYTES_MAX / MEBIBYTE, 'SQS: {} MiB a message and a batch'),
  deduplicationMinutes: quota(5, 'SQS deduplication: {} minutes'),
  executions: quota(1_000, 'Lambda: concurrent executions of the account, {}'),
  newAccountExecutions: quota(10, 'in new accounts often {}'),
  /** More environments of one function, each ten seconds. */
  ramp: quota(1_000, 'Lambda: {} more execution environments of a function'),
  rampSeconds: quota(10, 'execution environments of a function each {} seconds'),
  invocationMinutes: quota(15, 'Lambda: {} minutes an invocation'),
  batch: quota(10, 'Lambda: batches of {} messages from FIFO queues'),
  /** Write units a second. */
  keyRange: quota(1_000, 'DynamoDB: {} write units a second for a key range'),
  newTable: quota(4_000, 'DynamoDB: {} write units a second of a new table'),
  table: quota(40_000, 'DynamoDB: {} write units a second of a table'),
  itemKilobytes: quota(400, 'DynamoDB: {} KB an item'),
  transaction: quota(100, 'DynamoDB: {} items a transaction'),
  streamHours: quota(24, 'DynamoDB streams: {} hours'),
  backupDays: quota(35, 'DynamoDB: point in time, {} days'),
  scheduleBytes: quota(262_144, 'EventBridge Scheduler: {} bytes'),
  scheduleName: quota(64, '{} characters a name'),
  ticks: quota(1_000, 'EventBridge Scheduler: {} ticks a second'),
  puts: quota(3_500, 'S3: {} puts a second of a prefix'),
  secretReads: quota(10_000, 'Secrets Manager: {} reads of values a second'),
  resources: quota(500, 'CloudFormation: {} resources a stack'),
  metricValues: quota(100, 'CloudWatch: {} values of a metric in one line'),
} as const satisfies Readonly<Record<string, Quota>>;

/** The quota in the words of docs/limits.md. */
export const quotaText = ({ value, says }: Quota): string =>
  says.replace('{}', value.toLocaleString('en'));
