/** The log lines of a job's attempts. */
import type { JobLogs } from '../console/wire.ts';
import { Empty, Failed, Listing, pretty, Scroll, Time, Waiting } from './parts.tsx';
import { useReading } from './reading.ts';

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

const Lines = ({ lines }: { lines: NonNullable<JobLogs['lines']> }) => (
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

/** What the functions printed while they ran the job; on AWS the command that finds it. */
export const Logs = ({ id, everyMs }: { id: string; everyMs: number }) => {
  const { data, error, again } = useReading<JobLogs>('logs', { id }, everyMs);
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data) return <Waiting what="log lines" />;
  if (data.command !== undefined)
    return (
      <>
        <p class="hint">CloudWatch has the lines. This command of the AWS CLI prints them:</p>
        <Listing title="Command" text={data.command} />
      </>
    );
  const { lines = [] } = data;
  return lines.length > 0 ? (
    <Lines lines={lines} />
  ) : (
    <Empty>No line of its attempts is kept: the cloud keeps the last 5,000 lines.</Empty>
  );
};
