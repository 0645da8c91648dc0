/** Which lanes have new blocks, by the records of the stream. */
import type { DynamoDBStreamEvent } from 'aws-lambda';

/**
 * The lanes that the records name, each lane once. Only the keys of the records are read: the
 * blocks themselves are read from the table.
 */
export const lanesRung = ({ Records }: DynamoDBStreamEvent): readonly number[] => {
  const lanes = Records.flatMap(({ dynamodb }) => {
    const [, lane] = /^L#(\d+)$/.exec(dynamodb?.Keys?.['pk']?.S ?? '') ?? [];
    return lane === undefined ? [] : [Number(lane)];
  });
  return [...new Set(lanes)];
};
