/** What SQS gave up on, as commands show it and bring it back. */
import type { Deployment } from '#client/deployment.ts';
import { type DeadLetter, lookAtDeadLetters } from '#shared/jobs/operator/deadLetters.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { createDeadLetters } from '#shared/jobs/sqs/deadLetterQueues.ts';
import { note, plain } from './print.ts';

export const deadLettersOf = ({ sqs, queueUrls, visibility }: Deployment) =>
  createDeadLetters({ sqs, queueUrls, visibility });

/** Those whose jobs have not ended: nothing else brings them on. */
export const openDeadLetters = async (
  deployment: Deployment,
  limit: number,
): Promise<readonly DeadLetter[]> => {
  const { store } = deployment;
  const all = await lookAtDeadLetters(limit, { store, deadLetters: deadLettersOf(deployment) });
  return all.filter(({ record }) => !isTerminal(record?.status));
};

/** The same beside what a command is for: whoever may not look there still gets the rest. */
export const shownDeadLetters = async (
  deployment: Deployment,
  limit: number,
): Promise<readonly DeadLetter[]> => {
  try {
    return await openDeadLetters(deployment, limit);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(`The dead letters could not be looked at: ${plain(reason)}`);
    return [];
  }
};

const LOOKED_AT = 100;

/** The dead letter of one job, which may have a row or not. */
export const deadLetterOf = async (
  id: string,
  record: JobRecord | undefined,
  deployment: Deployment,
): Promise<DeadLetter | undefined> => {
  if (isTerminal(record?.status)) return undefined;
  return (await shownDeadLetters(deployment, LOOKED_AT)).find((letter) => letter.id === id);
};

export const deadLetterText = ({ id, letter }: DeadLetter): string =>
  `SQS gave up on its message ${letter.messageId} after ${letter.receives} receives: it is in ${letter.queueUrl.split('/').at(-1)}; "sheratan redrive ${id}" brings it back`;
