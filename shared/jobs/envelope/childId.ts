/** Ids of jobs that another job sends. */
import { sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

/**
 * The id of a child that has no id of its own: the same in every attempt of its parent.
 * @param which the child's number, from 1, or a word
 */
export const childId = (parentId: string, which: number | string): string => {
  const id = `${parentId}.${which}`;
  return id.length <= LIMITS.idLengthMax ? id : sha256(id);
};
