/** The log lines of a job's attempts. */
import type { JobLogs, LogLine } from '../../console/wireViews.ts';
import { Empty, Failed, Listing, pretty, Scroll, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';

/** A line as people scan it: its level and message, where it is JSON. */
const shortOf = (text: string): string | undefined => {
  try {
    const { level = '', message = '' } = JSON.parse(text) as Record<string, unknown>;
    return `${level} ${message}`.trim() || undefined;
  } catch {
    return undefined;
  }
};

const Line = ({ text }: { text: string }) => {
  const short = shortOf(text);
  return short === undefined ? (
    <pre>{text}</pre>
  ) : (
    <details>
      <summary>{short}</summary>
      <pre>{pretty(text)}</pre>
    </details>
  );
};

const Lines = ({ lines }: { lines: readonly LogLine[] }) => (
  <Scroll title="Log lines" also="logs">
    <ol>
      {lines.map(({ at, from, text }, index) => (
        <li key={index}>
          <Time at={at} exact /> <span class="dim">{from}</span>
          <Line text={text} />
        </li>
      ))}
    </ol>
  </Scroll>
);

const Command = ({ text }: { text: string }) => (
  <details class="record">
    <summary>The command of the AWS CLI that prints them</summary>
    <Listing title="Command" text={text} />
  </details>
);

const NONE_HERE = 'No line of its attempts is kept: the cloud keeps the last 5,000 lines.';
const NONE_THERE =
  'CloudWatch has no line of its attempts: they come some seconds late, and go when their time is over.';

/** What the functions printed while they ran the job: here, or as CloudWatch has it. */
export const Logs = ({ id, everyMs }: { id: string; everyMs: number }) => {
  const { data, error, again } = useReading<JobLogs>('logs', { id }, everyMs);
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data) return <Waiting what="log lines" />;
  const { lines, command, fault } = data;
  const none = command === undefined ? NONE_HERE : NONE_THERE;
  return (
    <>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {lines && lines.length > 0 && <Lines lines={lines} />}
      {lines?.length === 0 && <Empty>{none}</Empty>}
      {command !== undefined && <Command text={command} />}
    </>
  );
};
