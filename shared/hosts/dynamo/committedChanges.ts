/** Reads the changes of commits from the Hosts table's stream. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import type { Committed } from '../events/announce.ts';
import type { StateChange } from '../probing/hostState.ts';

export interface StreamedCommit extends Committed {
  readonly sequence: string;
}

/** The commits in an event. Only their changes are read; the packed state is not. */
export const commitsOf = ({ Records }: DynamoDBStreamEvent): readonly StreamedCommit[] =>
  Records.map(({ dynamodb = {} }) => {
    const { pk = { S: '' }, chg = { L: [] } } = (dynamodb.NewImage ?? {}) as Record<
      string,
      AttributeValue
    >;
    const { changes } = unmarshall({ changes: chg }) as { changes: readonly StateChange[] };
    return { sequence: dynamodb.SequenceNumber ?? '', shard: pk.S?.slice(2) ?? '', changes };
  });
