/** `doctor`: looks at a deployment, says what is wrong and how to mend it. */
import { checkClock } from '../doctor/clock.ts';
import { attempt, type Finding } from '../doctor/finding.ts';
import { checkMappings } from '../doctor/mappings.ts';
import { checkQueues, nameOf, sibling } from '../doctor/queues.ts';
import { checkAttention, checkControl, checkLedger, checkUndecided } from '../doctor/state.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, plain } from '../print.ts';
import { looking, type Session, type SessionOptions } from '../session.ts';

const STYLE = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/** What keeps what streams and schedules gave up. */
const FAILURES = ['relay-failures', 'snapshotter-failures', 'announcer-failures', 'ticks-dead'];

const examine = async (session: Session): Promise<readonly Finding[]> => {
  const { sqs, queueUrls, resultsUrl, tables } = session;
  const besides = (name: string): string =>
    sibling(resultsUrl, nameOf(resultsUrl).replace('results.fifo', name));
  const others = ['postings.fifo', 'probes'].map(besides);
  const urls = [...Object.values(queueUrls), resultsUrl, ...others];
  const failureUrls = FAILURES.map(besides);
  const sources = [...urls.map(nameOf), ...tables.map((name) => `table/${name}`)];
  const found = await Promise.all([
    checkQueues({ sqs, urls, failureUrls }),
    attempt('mappings', async () => checkMappings(await session.mappings(), sources)),
    attempt('state', () => checkControl(session)),
    attempt('jobs', () => checkAttention(session)),
    attempt('undecided', () => checkUndecided(session)),
    attempt('ledger', () => checkLedger(session)),
    attempt('clock', () => checkClock(resultsUrl, session.clock)),
  ]);
  return found.flat();
};

const print = (findings: readonly Finding[]): void => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, level, detail, mend } of findings) {
    out(`${paint(STYLE[level], level.padEnd(7))}  ${check.padEnd(width)}  ${plain(detail)}`);
    if (mend) out(columns([[' '.repeat(7), ' '.repeat(width), `→ ${plain(mend)}`]]));
  }
};

/** Exits with 4 when there is a problem; a warning is for a person to decide. */
export const doctor = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const findings = await examine(session);
    const count = (level: Finding['level']): number =>
      findings.filter((each) => each.level === level).length;
    if (options.json) json({ deployment: session.label, findings });
    else {
      print(findings);
      note(`${session.label}: ${count('problem')} problems, ${count('warning')} warnings`);
    }
    return count('problem') > 0 ? EXIT.refused : EXIT.ok;
  });
