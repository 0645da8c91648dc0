/** The Hosts table's stream → the changes that commits carry. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import type { Committed } from '../events/announce.ts';
import type { Change } from '../probing/liveness.ts';

export interface StreamedCommit extends Committed {
  readonly sequence: string;
}

/** The state itself is large and told by nothing here: only its changes are read. */
export const commitsOf = ({ Records }: DynamoDBStreamEvent): readonly StreamedCommit[] =>
  Records.map(({ dynamodb = {} }) => {
    const { pk = { S: '' }, chg = { L: [] } } = (dynamodb.NewImage ?? {}) as Record<
      string,
      AttributeValue
    >;
    const { changes } = unmarshall({ changes: chg }) as { changes: readonly Change[] };
    return { sequence: dynamodb.SequenceNumber ?? '', shard: pk.S?.slice(2) ?? '', changes };
  });
