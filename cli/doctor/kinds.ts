/** Checks that the mesh has the kinds of the jobs that it keeps for later. */
import { isTerminal } from '#shared/jobs/record/record.ts';
import { kindsAt } from '../input/check.ts';
import type { Session } from '../session.ts';
import { type Finding, okFinding, warning } from './finding.ts';

/** Jobs that are read; the others would tell little more. */
const READ_MAX = 500;
const NAMED_MAX = 5;
/** No job is kept for longer. */
const AHEAD_MS = 367 * 86_400_000;

type KindsSession = Pick<Session, 'due' | 'clock' | 'ownKinds' | 'kindInfos'>;

interface Waiting {
  /** The kinds of open jobs that wait for their time. */
  readonly kinds: readonly string[];
  /** Where many wait, only some shards of the index were read. */
  readonly isPart: boolean;
}

const kindsWaiting = async ({ due, clock }: KindsSession): Promise<Waiting> => {
  const kinds: string[] = [];
  let read = 0;
  for await (const page of due.until(clock.now() + AHEAD_MS)) {
    const open = page.filter(({ kind, status }) => kind !== '' && !isTerminal(status));
    kinds.push(...open.map(({ kind }) => kind));
    read += page.length;
    if (read >= READ_MAX) return { kinds, isPart: true };
  }
  return { kinds, isPart: false };
};

/**
 * Looks at about 500 of the jobs that wait in the table for their time. What waits in a queue is
 * judged when a worker takes it.
 */
export const checkKinds = async (session: KindsSession): Promise<readonly Finding[]> => {
  const [known, waiting] = await Promise.all([kindsAt(session), kindsWaiting(session)]);
  const { length } = waiting.kinds;
  const strange = waiting.kinds.filter((kind) => !known.has(kind));
  const part = waiting.isPart ? `; looked at ${length} jobs, there may be more` : '';
  const gone = Map.groupBy(strange, (kind) => kind);
  if (gone.size === 0)
    return [
      okFinding(
        'kinds',
        `of ${length} jobs that wait in the table, the mesh has every kind${part}`,
      ),
    ];
  const named = [...gone].slice(0, NAMED_MAX).map(([kind, of]) => `${kind} (${of.length})`);
  const more = gone.size > NAMED_MAX ? `, and ${gone.size - NAMED_MAX} kinds more` : '';
  return [
    warning(
      'kinds',
      `jobs wait whose kind the mesh has not: ${named.join(', ')}${more}${part}`,
      'deploy the kind again before they are due, or cancel them: "sheratan jobs --open"',
    ),
  ];
};
