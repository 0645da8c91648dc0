/** `cancel`, `groups`: what people decide about jobs. */
import { type CancelOutcome, cancelJob } from '#shared/jobs/cancel.ts';
import { decideGroup } from '#shared/jobs/groups.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
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

const CANCEL_TEXT = {
  cancelled: 'cancelled; it will not run',
  requested: 'asked to end; its attempt sees that at its next heartbeat',
  finished: 'has ended already',
} as const;

const tell = (id: string, outcome: CancelOutcome): void => {
  const how = outcome.kind === 'finished' ? `: ${outcome.record.status}` : '';
  out(`${plain(id)}  ${CANCEL_TEXT[outcome.kind]}${how}`);
};

export const cancel = (ids: readonly string[], options: DecisionOptions): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const wish = { by: actorOf(options), reason: options.reason ?? 'no longer wanted' };
    const outcomes = await mapPool(ids, AT_ONCE, (id) => cancelJob(id, wish, session));
    if (options.json) json(outcomes.map(({ kind }, index) => ({ id: ids[index], outcome: kind })));
    else
      outcomes.forEach((outcome, index) => {
        tell(ids[index] ?? '', outcome);
      });
    return outcomes.some(({ kind }) => kind === 'finished') ? EXIT.refused : EXIT.ok;
  });

const LISTED_MAX = 1_000;

const halted = async ({ reader }: Session): Promise<readonly JobRecord[]> =>
  (await reader.attention('DEAD', LISTED_MAX)).filter((record) => record.halted);

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
    const outcome = await decideGroup(found.id, decision, actorOf(options), session);
    if (outcome.kind !== 'decided')
      throw new CliError(`Job ${plain(found.id)} holds its group no longer.`, EXIT.notFound);
    const what = decision === 'skip' ? 'stays dead; its group goes on' : 'runs again in its place';
    const when = outcome.atOnce ? 'now' : 'when its message comes back, within 12 hours';
    if (options.json) json({ id: found.id, group: found.group, decision, atOnce: outcome.atOnce });
    else out(`${plain(found.id)} ${what}, ${when}.`);
    return EXIT.ok;
  });
