/** Parts of an UpdateItem that all writes of a job's row share. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { JobRecord } from '../record/record.ts';
import { jobRecordOf } from './recordItems.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * `SET` of all fields that are defined, `REMOVE` of the names that are not set; names are aliased.
 */
export const assignments = (fields: Fields, remove: readonly string[] = []) => {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  const assigned = new Set(set.map(([name]) => name));
  const removed = remove.filter((name) => !assigned.has(name));
  const clauses = [
    set.length > 0 ? `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}` : '',
    removed.length > 0 ? `REMOVE ${removed.map((name) => `#${name}`).join(', ')}` : '',
  ];
  return {
    UpdateExpression: clauses.filter((clause) => clause !== '').join(' '),
    ExpressionAttributeNames: Object.fromEntries(
      [...assigned, ...removed].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
  };
};

/** The row that made a condition fail, if there is one. Throws any other error again. */
export const blockerOf = (error: unknown): JobRecord | undefined => {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  return error.Item ? jobRecordOf(unmarshall(error.Item)) : undefined;
};
