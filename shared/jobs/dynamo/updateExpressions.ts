/** The parts of an UpdateItem that every write of a job row shares. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { JobRecord } from '../record/record.ts';
import { recordOf } from './recordItems.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `SET` of the fields that are defined and `REMOVE` of the names, with every name aliased. */
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

/** The record that made a condition fail; anything else is not ours to explain. */
export const blockerOf = (error: unknown): JobRecord | undefined => {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  return error.Item ? recordOf(unmarshall(error.Item)) : undefined;
};
