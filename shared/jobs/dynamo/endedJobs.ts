/** The Jobs table's stream → the jobs whose end a record tells of. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { recordOf } from './recordItems.ts';

export interface StreamedEnd {
  readonly sequence: string;
  /** undefined: the record changes no job's end. */
  readonly ended: JobRecord | undefined;
}

type Image = Record<string, AttributeValue>;

/** A row that had ended before tells nothing new, unless it was put back in between. */
const endIn = (before: Image | undefined, after: Image | undefined): JobRecord | undefined => {
  if (after?.['sk']?.S !== 'JOB') return undefined;
  const record = recordOf(unmarshall(after));
  const same =
    before?.['status']?.S === record.status &&
    Number(before['generation']?.N ?? 0) === (record.generation ?? 0);
  return isTerminal(record.status) && !same ? record : undefined;
};

export const endsOf = (event: DynamoDBStreamEvent): readonly StreamedEnd[] =>
  event.Records.map(({ dynamodb = {} }) => ({
    sequence: dynamodb.SequenceNumber ?? '',
    ended: endIn(dynamodb.OldImage as Image | undefined, dynamodb.NewImage as Image | undefined),
  }));
