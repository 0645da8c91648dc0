/** The stream of the Jobs table as the jobs that have just ended. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { jobRecordOf } from './recordItems.ts';

/** One record of the stream. */
export interface StreamedEnd {
  /** The record's sequence number, with which the stream can be told to start again here. */
  readonly sequence: string;
  /** undefined: the record tells of no new end. */
  readonly ended: JobRecord | undefined;
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

/** One element for each record of the event, in order. */
export const endsOf = (event: DynamoDBStreamEvent): readonly StreamedEnd[] =>
  event.Records.map(({ dynamodb = {} }) => ({
    sequence: dynamodb.SequenceNumber ?? '',
    ended: endIn(dynamodb.OldImage as Image | undefined, dynamodb.NewImage as Image | undefined),
  }));
