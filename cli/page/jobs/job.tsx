/** One job: where it stands and why, its life over time, its flow, and what can be done with it. */
import { useEffect, useState } from 'preact/hooks';
import type { ConsoleSession, JobWhole } from '../../console/wire.ts';
import { openDialog, useAgainAfterActions } from '../actions/dialogs.tsx';
import { askConsole } from '../ask.ts';
import { Empty, Failed, Status, Time, Waiting } from '../parts.tsx';
import { onPress, useReading } from '../reading.ts';
import { hrefOf, place, setWords } from '../route.ts';
import { Timeline } from './bars.tsx';
import { Facts } from './facts.tsx';
import { Flow } from './flow.tsx';
import { Texts } from './jobTexts.tsx';
import { Logs } from './logs.tsx';

const ENDED = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'];

const Trace = ({ whole }: { whole: JobWhole }) => (
  <ol class="trace">
    {whole.trace.map(({ at, event, text }, index) => (
      <li key={index} class={event}>
        <Time at={at} exact />
        <strong>{event.replaceAll('_', ' ')}</strong>
        <span>{text}</span>
      </li>
    ))}
  </ol>
);

/** The payload of the envelope that is kept; undefined when none is. */
const payloadOf = async (id: string): Promise<unknown> => {
  const body = await askConsole<{ text?: string }>('body', { id });
  try {
    return (JSON.parse(body?.text ?? '') as { payload?: unknown }).payload;
  } catch {
    return undefined;
  }
};

const NAMES: Readonly<Record<string, string>> = {
  ...{ cancel: 'Cancel', redrive: 'Redrive', retry: 'Retry from a step', signal: 'Signal' },
  ...{ skip: 'Skip it', resume: 'Run it again', replay: 'Post its result again' },
};

const Actions = ({ whole, again }: { whole: JobWhole; again: () => void }) => {
  const { id } = whole.job;
  const begin = async (action: string): Promise<void> => {
    const payload = action === 'redrive' ? await payloadOf(id) : undefined;
    openDialog({
      ...{ action, ids: [id], done: again },
      ...(payload !== undefined && { payload }),
      ...(action === 'retry' && { choices: whole.steps.map(({ name }) => name) }),
      ...(action === 'signal' && { choices: whole.signals }),
    });
  };
  return (
    <div class="buttons start">
      {whole.can.map((action) => (
        <button type="button" key={action} onClick={() => onPress(begin(action))}>
          {NAMES[action] ?? action}
        </button>
      ))}
    </div>
  );
};

/** A flow is many reads: it is drawn again five times as rarely as the rest. */
const FLOW_RARELY = 5;

const TABS = ['why', 'flow', 'logs', 'texts'] as const;
const TAB_NAMES = {
  why: 'Why',
  flow: 'Flow',
  logs: 'Log lines',
  texts: 'Result and record',
} as const;

const Tabbed = ({ whole, everyMs }: { whole: JobWhole; everyMs: number }) => {
  const tab = TABS.find((each) => each === place.value.words['tab']) ?? 'why';
  return (
    <>
      <fieldset class="tabs">
        <legend class="hidden">What to show</legend>
        {TABS.map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={each === tab}
            onClick={() => setWords({ tab: each === 'why' ? undefined : each })}
          >
            {TAB_NAMES[each]}
          </button>
        ))}
      </fieldset>
      {tab === 'why' && (
        <>
          <Timeline whole={whole} />
          <Trace whole={whole} />
        </>
      )}
      {tab === 'flow' && <Flow id={whole.job.id} everyMs={everyMs * FLOW_RARELY} />}
      {tab === 'logs' && <Logs id={whole.job.id} everyMs={everyMs} />}
      {tab === 'texts' && <Texts whole={whole} />}
    </>
  );
};

/** The view of one job. It stops asking for news when the job has ended. */
export const JobPage = ({ session, id }: { session: ConsoleSession; id: string }) => {
  const [ended, setEnded] = useState(false);
  const everyMs = ended ? 0 : session.refreshMs.lists;
  const { data, error, isKnown, again } = useReading<JobWhole>('job', { id }, everyMs);
  const isOver = data !== undefined && ENDED.includes(data.job.status);
  useEffect(() => setEnded(isOver), [isOver]);
  useAgainAfterActions(again);
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data)
    return isKnown ? (
      <Empty>
        <p>No record of job {id}.</p>
        <p class="dim">It waits in its queue, was never sent, or its record has expired.</p>
        <a href={hrefOf('jobs')}>All jobs</a>
      </Empty>
    ) : (
      <Waiting what={`job ${id}`} />
    );
  return (
    <>
      <div class="head job-head">
        <h1>
          <Status of={data.job.status} /> <span class="id">{data.job.id}</span>
        </h1>
        <Actions whole={data} again={again} />
      </div>
      <Facts whole={data} />
      <Tabbed whole={data} everyMs={everyMs} />
    </>
  );
};
