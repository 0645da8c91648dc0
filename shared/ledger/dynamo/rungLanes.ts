/** Which lanes a batch of stream records rings for. */
import type { DynamoDBStreamEvent } from 'aws-lambda';

/** Keys alone: what a block says is read from the table. */
export const lanesRung = ({ Records }: DynamoDBStreamEvent): readonly number[] => {
  const lanes = Records.flatMap(({ dynamodb }) => {
    const [, lane] = /^L#(\d+)$/.exec(dynamodb?.Keys?.['pk']?.S ?? '') ?? [];
    return lane === undefined ? [] : [Number(lane)];
  });
  return [...new Set(lanes)];
};
