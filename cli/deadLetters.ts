/** The messages that SQS gave up on, for the commands that show or redrive them. */
import type { Deployment } from '#client/deployment.ts';
import { type DeadLetter, lookAtDeadLetters } from '#shared/jobs/operator/deadLetters.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { createDeadLetters } from '#shared/jobs/sqs/deadLetterQueues.ts';
import { note, plain } from './print.ts';

/** The dead-letter queues of a deployment's job queues. */
export const deadLettersOf = ({ sqs, queueUrls, pools, visibility }: Deployment) =>
  createDeadLetters({ sqs, queueUrls, pools, visibility });

/**
 * The dead letters whose jobs have not ended: nothing else moves these jobs on.
 *
 * @param limit of the messages that are read from each queue
 */
export const openDeadLetters = async (
  deployment: Deployment,
  limit: number,
): Promise<readonly DeadLetter[]> => {
  const { store } = deployment;
  const all = await lookAtDeadLetters(limit, { store, deadLetters: deadLettersOf(deployment) });
  return all.filter(({ record }) => !isTerminal(record?.status));
};

/**
 * As {@link openDeadLetters}, for commands that show them beside other things: when the queues
 * cannot be read, says so and returns none.
 */
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

/** The dead letter of one job; the job may have no row. */
export const deadLetterOf = async (
  id: string,
  record: JobRecord | undefined,
  deployment: Deployment,
): Promise<DeadLetter | undefined> => {
  if (isTerminal(record?.status)) return undefined;
  return (await shownDeadLetters(deployment, LOOKED_AT)).find((letter) => letter.id === id);
};

/** The sentence that tells a person where the message is and how to redrive the job. */
export const deadLetterText = ({ id, letter }: DeadLetter): string =>
  `SQS gave up on its message ${letter.messageId} after ${letter.receives} receives: it is in ${letter.queueUrl.split('/').at(-1)}; "sheratan redrive ${id}" brings it back`;
