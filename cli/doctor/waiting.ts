/** Checks that waiting messages are taken: the age of the oldest, beside what is paused. */
import { AGE_SECONDS } from '#infra/monitoring/jobAlarms.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import type { Control } from '#shared/control/state.ts';
import { duration } from '../print.ts';
import { type Finding, okFinding, problem, warning } from './finding.ts';

/** Seconds after which a result or a posting is late: only its own function makes it wait. */
const OTHERS_SECONDS = 900;

const priorityOf = (queue: string): Priority | undefined =>
  PRIORITIES.find((priority) => queue.endsWith(`-jobs-${priority}.fifo`));

const pausedFor = (priority: Priority | undefined, control: Control): string | undefined => {
  if (priority === undefined) return undefined;
  if (control.state === 'PAUSED') return 'everything is paused';
  return control.pausedQueues.includes(priority) ? `queue ${priority} is paused` : undefined;
};

const LOOK = 'sheratan groups (halted?), sheratan limits; then the logs of the function behind it';

/**
 * Finds queues whose oldest message is too old.
 *
 * @param ages in seconds by the queue's name; 0 when no message waits to be received
 */
export const checkAges = (
  ages: ReadonlyMap<string, number>,
  control: Control,
): readonly Finding[] => {
  const faults = [...ages].flatMap(([queue, seconds]): readonly Finding[] => {
    const priority = priorityOf(queue);
    if (seconds <= (priority ? AGE_SECONDS[priority] : OTHERS_SECONDS)) return [];
    const waited = `the oldest message of ${queue} has waited ${duration(seconds * 1_000)}`;
    const paused = pausedFor(priority, control);
    if (paused !== undefined)
      return [
        warning('age', `${waited}: ${paused}`, 'sheratan resume, before the queue forgets it'),
      ];
    const sources = control.pausedSources;
    const but = sources.length > 0 ? `, and only sources are (${sources.join(', ')})` : '';
    return [problem('age', `${waited}, and nothing pauses its queue${but}`, LOOK)];
  });
  if (faults.length > 0) return faults;
  return [okFinding('age', `in none of ${ages.size} queues a message waits too long`)];
};
