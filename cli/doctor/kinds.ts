/** Checks that the mesh has the kinds of the jobs that it keeps for later. */
import { isTerminal } from '#shared/jobs/record/record.ts';
import { kindsAt } from '../check.ts';
import type { Session } from '../session.ts';
import { type Finding, okFinding, warning } from './finding.ts';

/** Jobs that are read; the others would tell little more. */
const READ_MAX = 500;
const NAMED_MAX = 5;
/** No job is kept for longer. */
const AHEAD_MS = 367 * 86_400_000;

type KindsSession = Pick<Session, 'due' | 'clock' | 'ownKinds' | 'kindInfos'>;

/** The kinds of open jobs that wait for their time: of some shards of the index, where there are many. */
const kindsWaiting = async ({ due, clock }: KindsSession): Promise<readonly string[]> => {
  const kinds: string[] = [];
  let read = 0;
  for await (const page of due.until(clock.now() + AHEAD_MS)) {
    const open = page.filter(({ kind, status }) => kind !== '' && !isTerminal(status));
    kinds.push(...open.map(({ kind }) => kind));
    read += page.length;
    if (read >= READ_MAX) break;
  }
  return kinds;
};

/**
 * Looks at about 500 of the jobs that wait in the table for their time. What waits in a queue is
 * judged when a worker takes it.
 */
export const checkKinds = async (session: KindsSession): Promise<readonly Finding[]> => {
  const [known, waiting] = await Promise.all([kindsAt(session), kindsWaiting(session)]);
  const strange = waiting.filter((kind) => !known.has(kind));
  const gone = Map.groupBy(strange, (kind) => kind);
  if (gone.size === 0)
    return [
      okFinding(
        'kinds',
        `of ${waiting.length} jobs that wait in the table, the mesh has every kind`,
      ),
    ];
  const named = [...gone].slice(0, NAMED_MAX).map(([kind, of]) => `${kind} (${of.length})`);
  const more = gone.size > NAMED_MAX ? `, and ${gone.size - NAMED_MAX} kinds more` : '';
  return [
    warning(
      'kinds',
      `jobs wait whose kind the mesh has not: ${named.join(', ')}${more}`,
      'deploy the kind again before they are due, or cancel them: "sheratan jobs --open"',
    ),
  ];
};
