/** `doctor`: examines a deployment and says what is wrong and how to fix it. */
import type { Machinery } from '#client/machinery.ts';
import { allQueues } from '#shared/contracts/pools.ts';
import { checkClock } from '../doctor/clock.ts';
import { type ByUrl, checkConcurrency } from '../doctor/concurrency.ts';
import { attempt, type Finding, okFinding } from '../doctor/finding.ts';
import { checkKinds } from '../doctor/kinds.ts';
import { checkMappings, mappedTo } from '../doctor/mappings.ts';
import { checkQueues, queueNameOf, sibling } from '../doctor/queues.ts';
import { checkSchemas } from '../doctor/schemas.ts';
import { checkAttention, checkControl, checkLedger, checkUndecided } from '../doctor/state.ts';
import { checkFunctions, checkRules, checkSchedules, isFunction } from '../doctor/targets.ts';
import { checkAges } from '../doctor/waiting.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, plain } from '../print.ts';
import { looking, type Session, type SessionOptions } from '../session.ts';

const STYLE = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/** Queues for what streams and schedules gave up. */
const FAILURES = ['relay-failures', 'snapshotter-failures', 'announcer-failures', 'ticks-dead'];

type Check = Promise<readonly Finding[]>;

/** Checks of what runs a stack's functions. The embedded cloud runs them itself. */
const lookAtMachinery = (
  machinery: Machinery,
  sources: readonly string[],
  queues: readonly string[],
  byUrl: ByUrl,
  { control, clock }: Session,
): readonly Check[] => {
  const mappings = machinery.mappings();
  const rules = machinery.rules();
  // The checks below report what went wrong.
  for (const each of [mappings, rules]) each.catch(() => undefined);
  const own = mappings.then((all) => sources.flatMap((source) => mappedTo(source, all)));
  const lookAtFunctions = async () => {
    const [mapped, ruled] = await Promise.all([own, rules]);
    const arns = [
      ...mapped.map(({ functionArn }) => functionArn),
      ...ruled.flatMap(({ targets }) => targets.filter(isFunction)),
      ...byUrl.keys(),
    ];
    return machinery.functions([...new Set(arns)].sort());
  };
  const functions = lookAtFunctions();
  for (const each of [own, functions]) each.catch(() => undefined);
  const fed = queues.filter((name) => name.endsWith('.fifo'));
  return [
    attempt('mappings', async () => checkMappings(await mappings, sources)),
    attempt('functions', async () => checkFunctions(await functions)),
    attempt('concurrency', async () =>
      checkConcurrency(await machinery.quota(), await own, await functions, byUrl),
    ),
    attempt('rules', async () => checkRules(await rules, queues)),
    attempt('age', async () =>
      checkAges(await machinery.ages(fed, clock.now()), await control.get()),
    ),
  ];
};

const EMBEDDED = okFinding(
  'mappings',
  'the embedded cloud runs the functions of the template itself; its console shows what waits',
);

const examine = async (session: Session): Promise<readonly Finding[]> => {
  const { sqs, store, queueUrls, pools, resultsUrl, tables, machinery } = session;
  const jobs = allQueues(queueUrls, pools);
  const named = (name: string): string => queueNameOf(resultsUrl).replace('results.fifo', name);
  const besides = (name: string): string => sibling(resultsUrl, named(name));
  const others = ['postings.fifo', 'probes'].map(besides);
  const urls = [...jobs, resultsUrl, ...others];
  const byUrl = new Map(session.byUrl.map((each) => [named(each), each]));
  const failureUrls = FAILURES.map(besides);
  const queues = urls.map(queueNameOf);
  const sources = [...queues, ...tables.map((name) => `table/${name}`)];
  const found = await Promise.all([
    checkQueues({ sqs, store, urls, failureUrls }),
    ...(machinery ? lookAtMachinery(machinery, sources, queues, byUrl, session) : [[EMBEDDED]]),
    attempt('schedules', async () => checkSchedules(await session.schedules.list(), jobs)),
    attempt('state', () => checkControl(session)),
    attempt('jobs', () => checkAttention(session)),
    attempt('undecided', () => checkUndecided(session)),
    attempt('kinds', () => checkKinds(session)),
    attempt('ledger', () => checkLedger(session)),
    attempt('schemas', () => checkSchemas(session)),
    attempt('clock', () => checkClock(resultsUrl, session.clock)),
  ]);
  return found.flat();
};

const print = (findings: readonly Finding[]): void => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, level, detail, fix } of findings) {
    out(`${paint(STYLE[level], level.padEnd(7))}  ${check.padEnd(width)}  ${plain(detail)}`);
    if (fix) out(columns([[' '.repeat(7), ' '.repeat(width), `→ ${plain(fix)}`]]));
  }
};

/**
 * Examines the deployment. Exits with 4 when there is a problem; a warning is for a person to
 * decide.
 */
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
