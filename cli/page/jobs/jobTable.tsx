/** The rows of the list of jobs, and what can be done with those that are chosen. */
import { useMemo } from 'preact/hooks';
import type { JobLine, JobsAnswer } from '../../console/wire.ts';
import { openDialog } from '../actions/dialogs.tsx';
import { askConsole } from '../ask.ts';
import { durationText } from '../format.ts';
import { JobLink, Status, Time } from '../parts.tsx';
import { onPress } from '../reading.ts';
import { choose, chosen, cursor, goTo, hrefOf, place } from '../route.ts';

const MADE = /^[\da-f]{8}-[\da-f-]{27}$/;

/** A group with the id of the job, or of a message, holds nothing but this job: it is not shown. */
const whereOf = ({ group, id, source }: JobLine): string => {
  const isOwn = group === id || MADE.test(group);
  return [source === 'default' ? '' : source, isOwn ? '' : group].filter(Boolean).join(' · ');
};

interface LineProps {
  readonly job: JobLine;
  readonly isHere: boolean;
  readonly isChosen: boolean;
}

const drawn = ({ job, isHere, isChosen }: LineProps) => {
  const { id, status, kind, attempt, createdAt, updatedAt, code, message, halted } = job;
  return (
    <tr
      data-row={id}
      class={`${isHere ? 'here' : ''} ${isChosen ? 'chosen' : ''}`}
      onClick={({ target }) => {
        if (!(target as HTMLElement).closest('a, input, label')) goTo(hrefOf('jobs', id));
      }}
    >
      <td class="tick">
        <label>
          <input
            type="checkbox"
            checked={isChosen}
            aria-label={`Choose ${id}`}
            onChange={() => choose(id)}
          />
        </label>
      </td>
      <td>
        <Status of={status} />
        {halted && <span class="mark">holds its group</span>}
      </td>
      <td class="wide">
        <JobLink id={id} />
        <span class="narrow dim">
          {kind}
          {code && ` · ${code}`}
        </span>
      </td>
      <td class="roomy">{kind}</td>
      <td class="roomy wide">{whereOf(job)}</td>
      <td class="roomy number">{attempt}</td>
      <td>
        <Time at={createdAt} />
      </td>
      <td class="roomy number">{durationText(updatedAt - createdAt)}</td>
      <td class="roomy wide" title={message}>
        {code}
      </td>
    </tr>
  );
};

/** A row is drawn again only when it changed: there are many, and each key asks for all. */
const Line = ({ job, isHere, isChosen }: LineProps) =>
  useMemo(() => drawn({ job, isHere, isChosen }), [job, isHere, isChosen]);

const chooseAll = (rows: readonly JobLine[]): void => {
  const all = rows.every(({ id }) => chosen.value.has(id));
  chosen.value = new Set(all ? [] : rows.map(({ id }) => id));
};

/** Jobs as rows, each with a box to choose it. */
export const JobTable = ({ rows }: { rows: readonly JobLine[] }) => (
  <div class="scroll">
    <table>
      <caption class="hidden">Jobs</caption>
      <thead>
        <tr>
          <th class="tick">
            <label>
              <input
                type="checkbox"
                aria-label="Choose all on this page"
                checked={rows.length > 0 && rows.every(({ id }) => chosen.value.has(id))}
                onChange={() => chooseAll(rows)}
              />
            </label>
          </th>
          <th>State</th>
          <th>Job</th>
          <th class="roomy">Kind</th>
          <th class="roomy">Source · group</th>
          <th class="roomy number">Attempt</th>
          <th>Sent</th>
          <th class="roomy number">Took</th>
          <th class="roomy">Error</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((job, at) => (
          <Line
            key={job.id}
            job={job}
            isHere={at === cursor.value}
            isChosen={chosen.value.has(job.id)}
          />
        ))}
      </tbody>
    </table>
  </div>
);

const CHOSEN_MAX = 1_000;

/** Chooses all jobs that match, page by page, up to 1,000: so many may be in one action. */
const chooseMatching = async (): Promise<void> => {
  const { trail: _, cursor: __, ...words } = place.value.words;
  const ids: string[] = [];
  let next: string | undefined;
  do {
    const page = await askConsole<JobsAnswer>('jobs', { ...words, cursor: next });
    if (page?.kind !== 'page') break;
    ids.push(...page.rows.map(({ id }) => id));
    next = page.next;
  } while (next !== undefined && ids.length < CHOSEN_MAX);
  chosen.value = new Set(ids.slice(0, CHOSEN_MAX));
};

/**
 * What can be done with the chosen jobs.
 *
 * @param more jobs match beside those of this page
 */
export const Chosen = ({ more }: { more: boolean }) => {
  const ids = [...chosen.value];
  if (ids.length === 0) return null;
  const jobs = `${ids.length} ${ids.length === 1 ? 'job' : 'jobs'}`;
  return (
    <section class="chosen-bar" aria-label="What to do with the chosen jobs">
      <strong>{jobs}</strong>
      <button type="button" onClick={() => openDialog({ action: 'redrive', ids })}>
        Redrive
      </button>
      <button type="button" onClick={() => openDialog({ action: 'cancel', ids })}>
        Cancel
      </button>
      {more && ids.length < CHOSEN_MAX && (
        <button type="button" class="bare" onClick={() => onPress(chooseMatching())}>
          Choose all that match
        </button>
      )}
      <button
        type="button"
        class="bare"
        onClick={() => {
          chosen.value = new Set();
        }}
      >
        Choose none
      </button>
    </section>
  );
};
