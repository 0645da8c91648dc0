/** The stream of the Jobs table: jobs that have ended, called jobs, signals. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { SIGNAL_PREFIX } from '#shared/contracts/tables.ts';
import type { Signalled } from '../flow/wakes.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { jobRecordOf } from './recordItems.ts';

/** One record of the stream, with what it tells, if anything. */
export interface StreamedChange {
  /** The record's sequence number, with which the stream can be told to start again here. */
  readonly sequence: string;
  readonly ended?: JobRecord | undefined;
  /** The run stopped, and called jobs. */
  readonly calling?: JobRecord | undefined;
  /** The row names called jobs that nobody waits for any more. */
  readonly dropping?: JobRecord | undefined;
  readonly signalled?: Signalled | undefined;
}

type Image = Record<string, AttributeValue>;

/** The job that the record ends. A second write to an ended row is no new end, unless redriven. */
const endIn = (before: Image | undefined, after: Image | undefined): JobRecord | undefined => {
  if (after?.['sk']?.S !== 'JOB') return undefined;
  const record = jobRecordOf(unmarshall(after));
  const same =
    before?.['status']?.S === record.status &&
    Number(before['generation']?.N ?? 0) === (record.generation ?? 0);
  return isTerminal(record.status) && !same ? record : undefined;
};

/** The job whose run stopped and called jobs. A later write to the row calls none again. */
const callIn = (before: Image | undefined, after: Image | undefined): JobRecord | undefined => {
  if (after?.['sk']?.S !== 'JOB' || after['status']?.S !== 'WAITING') return undefined;
  const calls = (image: Image | undefined) => image?.['calls']?.S ?? image?.['callsRef']?.S;
  const isNew = calls(after) !== undefined && calls(before) !== calls(after);
  return isNew ? jobRecordOf(unmarshall(after)) : undefined;
};

/** The job that no longer waits for jobs that it called. A later write to the row tells nothing new. */
const dropIn = (before: Image | undefined, after: Image | undefined): JobRecord | undefined => {
  const dropped = after?.['dropped']?.S;
  const isNew = dropped !== undefined && before?.['dropped']?.S !== dropped;
  return after && isNew ? jobRecordOf(unmarshall(after)) : undefined;
};

const signalIn = (before: Image | undefined, after: Image | undefined): Signalled | undefined => {
  const [pk, sk, signalId] = ['pk', 'sk', 'signalId'].map((name) => after?.[name]?.S);
  if (signalId === undefined || !sk?.startsWith(SIGNAL_PREFIX)) return undefined;
  if (before?.['signalId']?.S === signalId) return undefined;
  const id = pk?.slice('JOB#'.length) ?? '';
  return { id, name: sk.slice(SIGNAL_PREFIX.length), signalId };
};

/** One element for each record of the event, in order. */
export const streamedChanges = (event: DynamoDBStreamEvent): readonly StreamedChange[] =>
  event.Records.map(({ dynamodb = {} }) => {
    const before = dynamodb.OldImage as Image | undefined;
    const after = dynamodb.NewImage as Image | undefined;
    return {
      sequence: dynamodb.SequenceNumber ?? '',
      ended: endIn(before, after),
      calling: callIn(before, after),
      dropping: dropIn(before, after),
      signalled: signalIn(before, after),
    };
  });
