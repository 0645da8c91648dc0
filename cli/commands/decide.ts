/** `cancel`, `groups`: decisions of people about jobs. */
import { type CancelOutcome, cancelJob } from '#shared/jobs/operator/cancel.ts';
import { decideGroup } from '#shared/jobs/operator/haltedGroups.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, plain, time } from '../print.ts';
import {
  actorOf,
  type DecisionOptions,
  looking,
  type Session,
  type SessionOptions,
  withDeployment,
} from '../session.ts';

const AT_ONCE = 8;

/** The decision counts without it, so a failure is no error; but whoever decides is told. */
const tellingVisibility = ({ visibility }: Session): Session['visibility'] => ({
  ...visibility,
  release: async (receipt) => {
    try {
      return await visibility.release(receipt);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      note(`Its message stays hidden until its time is over: ${plain(reason)}`);
      throw error;
    }
  },
});

const CANCEL_TEXT = {
  cancelled: 'cancelled; it will not run',
  requested: 'asked to end; its attempt sees that at its next heartbeat',
  finished: 'has ended already',
} as const;

/** `failed`: the request failed, and the job's state is unknown. */
export type CancelTold = CancelOutcome | { readonly kind: 'failed'; readonly message: string };

/** What became of a cancellation, in words. */
export const cancelText = (outcome: CancelTold): string => {
  if (outcome.kind === 'failed') return `not known: ${outcome.message}; ask again`;
  const how = outcome.kind === 'finished' ? `: ${outcome.record.status}` : '';
  return `${CANCEL_TEXT[outcome.kind]}${how}`;
};

const exitOf = (outcomes: readonly CancelTold[]): ExitCode => {
  if (outcomes.some(({ kind }) => kind === 'failed')) return EXIT.failure;
  return outcomes.some(({ kind }) => kind === 'finished') ? EXIT.refused : EXIT.ok;
};

/** Cancels one job; a failure of the request is an outcome, too. */
export const cancelOne = async (
  id: string,
  wish: { readonly by: string; readonly reason: string },
  session: Session,
): Promise<CancelTold> => {
  try {
    return await cancelJob(id, wish, session);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
};

/**
 * Cancels each job by itself: a failure of one does not affect the others. Exits with 1 when a
 * request failed, with 4 when a job had ended already.
 */
export const cancel = (ids: readonly string[], options: DecisionOptions): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const wish = { by: actorOf(options), reason: options.reason ?? 'no longer wanted' };
    const telling = { ...session, visibility: tellingVisibility(session) };
    const outcomes = await mapPool(ids, AT_ONCE, async (id) => {
      const outcome = await cancelOne(id, wish, telling);
      if (!options.json) out(`${plain(id)}  ${plain(cancelText(outcome))}`);
      return outcome;
    });
    if (options.json)
      json(
        outcomes.map((outcome, index) => ({
          id: ids[index],
          outcome: outcome.kind,
          ...(outcome.kind === 'failed' && { message: outcome.message }),
        })),
      );
    return exitOf(outcomes);
  });

const LISTED_MAX = 1_000;

const halted = async ({ reader }: Session): Promise<readonly JobRecord[]> =>
  (await reader.attention('DEAD', LISTED_MAX)).filter((record) => record.halted);

/** Lists the halted groups and the jobs that halt them. */
export const listGroups = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const records = await halted(session);
    if (options.json) json(records);
    else if (records.length === 0) note('No group is halted.');
    else
      out(
        columns([
          ['GROUP', 'HELD BY', 'SINCE', 'WHY'],
          ...records.map(({ group, id, updatedAt, error }) => [
            plain(group),
            plain(id),
            time(updatedAt),
            plain(error ? `${error.code}: ${error.message}` : ''),
          ]),
        ]),
      );
    return EXIT.ok;
  });

/**
 * Skips or resumes the dead job at the head of a halted group.
 *
 * @param group the group, or the id of its dead job
 * @throws CliError when no such group is halted
 */
export const decideGroups = (
  group: string,
  decision: 'skip' | 'resume',
  options: DecisionOptions,
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const found = (await halted(session)).find(
      (record) => record.group === group || record.id === group,
    );
    if (!found)
      throw new CliError(
        `No halted group ${plain(group)}; "groups list" shows them.`,
        EXIT.notFound,
      );
    const outcome = await decideGroup(
      found.id,
      decision,
      { by: actorOf(options), reason: options.reason },
      { ...session, visibility: tellingVisibility(session) },
    );
    if (outcome.kind !== 'decided')
      throw new CliError(`Job ${plain(found.id)} holds its group no longer.`, EXIT.notFound);
    const what = decision === 'skip' ? 'stays dead; its group goes on' : 'runs again in its place';
    const when = outcome.atOnce ? 'now' : 'when its message comes back, within 12 hours';
    if (options.json) json({ id: found.id, group: found.group, decision, atOnce: outcome.atOnce });
    else out(`${plain(found.id)} ${what}, ${when}.`);
    return EXIT.ok;
  });
