/** `redrive`: runs dead and refused jobs again. */

import { readFileSync } from 'node:fs';
import { ATTENTION, type Attention } from '#shared/contracts/jobs.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { type DeadLetter, redriveDeadLetters } from '#shared/jobs/operator/deadLetters.ts';
import { prepareRedrive, redrive as redriveJobs, selects } from '#shared/jobs/operator/redrive.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import type { Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { deadLettersOf, openDeadLetters } from '../deadLetters.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { kindsAt } from '../input/check.ts';
import { json, note, out, paint, plain } from '../print.ts';
import {
  actorOf,
  type DecisionOptions,
  looking,
  type Session,
  withDeployment,
} from '../session.ts';

const AT_ONCE = 8;

export interface RedriveCommandOptions extends DecisionOptions {
  readonly status?: Attention;
  readonly kind?: string;
  readonly source?: string;
  readonly error?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly patch?: string;
  readonly rate?: number;
  readonly dryRun?: boolean;
  /** Takes what SQS gave up on, instead of jobs that ended. */
  readonly deadLetters?: boolean;
}

const textOf = (patch: string): string => {
  if (!patch.startsWith('@')) return patch;
  try {
    return readFileSync(patch.slice(1), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`Cannot read the patch: ${reason}`, EXIT.usage, { cause: error });
  }
};

const patchOf = ({ patch }: RedriveCommandOptions): Json | undefined => {
  if (patch === undefined) return undefined;
  const parsed = parseHostileJson(textOf(patch));
  if (parsed.ok) return parsed.value;
  throw new CliError(`--patch is no JSON merge patch: ${parsed.error.message}`, EXIT.usage);
};

type Report = Awaited<ReturnType<typeof redriveJobs>>;

/** Brings back dead letters of jobs that have not ended: all, or those of the ids. */
const broughtBack = async (
  ids: readonly string[],
  { deadLetters, dryRun, limit }: RedriveCommandOptions,
  session: Session,
): Promise<Report> => {
  const records = await Promise.all(ids.map((id) => session.store.get(id)));
  const open = new Set(ids.filter((_id, index) => !isTerminal(records[index]?.status)));
  if (!deadLetters && open.size === 0) return { redriven: [], refused: [] };
  const wanted = ({ id }: Pick<DeadLetter, 'id'>): boolean =>
    ids.length === 0 ? deadLetters === true : open.has(id);
  if (dryRun) {
    const found = (await openDeadLetters(session, limit)).filter(wanted);
    return { redriven: found.map(({ id }) => id), refused: [] };
  }
  const deps = { ...session, kinds: await kindsAt(session), deadLetters: deadLettersOf(session) };
  const outcomes = await redriveDeadLetters(limit, wanted, deps);
  return {
    redriven: outcomes.flatMap((each) => (each.kind === 'back' ? each.id : [])),
    refused: outcomes.flatMap((each) => (each.kind === 'not' ? each : [])),
  };
};

const selected = async (
  ids: readonly string[],
  options: RedriveCommandOptions,
  { reader, store }: Session,
): Promise<readonly JobRecord[]> => {
  if (ids.length > 0) {
    const records = await Promise.all(ids.map((id) => store.get(id)));
    const lost = ids.find((_id, index) => records[index] === undefined);
    if (lost !== undefined) throw new CliError(`No record of job ${plain(lost)}.`, EXIT.notFound);
    return records.flatMap((record) => record ?? []);
  }
  const wanted = options.status ? [options.status] : ATTENTION;
  const pages = await Promise.all(wanted.map((status) => reader.attention(status, options.limit)));
  const { kind, source, error: errorCode, since, until } = options;
  const filter = { kind, source, errorCode, since, until };
  return pages.flat().filter((record) => selects(filter, record));
};

/**
 * Whether ids or a filter are given: without them a redrive of everything would be too easy to
 * start by mistake.
 */
const isAimed = (ids: readonly string[], options: RedriveCommandOptions): boolean => {
  const { status, kind, source, error, since, until } = options;
  return (
    ids.length > 0 ||
    options.deadLetters === true ||
    [status, kind, source, error, since, until].some((given) => given !== undefined)
  );
};

/** What a redrive would do; changes nothing. */
const rehearse = async (
  records: readonly JobRecord[],
  patch: Json | undefined,
  deps: Parameters<typeof prepareRedrive>[2],
): Promise<Report> => {
  const prepared = await mapPool(records, AT_ONCE, (record) => prepareRedrive(record, patch, deps));
  const refused = prepared.flatMap((each) => ('code' in each ? [each] : []));
  const not = new Set(refused.map(({ id }) => id));
  return { redriven: records.map(({ id }) => id).filter((id) => !not.has(id)), refused };
};

const printReport = ({ redriven, refused }: Report, verb: string): void => {
  for (const id of redriven) out(plain(id));
  for (const { id, code, message } of refused)
    note(`${paint('red', 'not put back')}  ${plain(`${id}  ${code}: ${message}`)}`);
  note(`${redriven.length} ${verb}, ${refused.length} not`);
};

/**
 * Puts the jobs back, or says what would happen. Brings back dead letters first: a job with a dead
 * letter has not ended.
 *
 * @throws CliError for an id without a record
 */
export const redriveWanted = async (
  ids: readonly string[],
  patch: Json | undefined,
  options: RedriveCommandOptions,
  session: Session,
): Promise<Report> => {
  const letters = await broughtBack(ids, options, session);
  const told = new Set([...letters.redriven, ...letters.refused.map(({ id }) => id)]);
  const left = ids.filter((id) => !told.has(id));
  if (options.deadLetters || (ids.length > 0 && left.length === 0)) return letters;
  const records = await selected(left, options, session);
  const deps = { ...session, kinds: await kindsAt(session) };
  const jobs = options.dryRun
    ? await rehearse(records, patch, deps)
    : await redriveJobs(
        records,
        { by: actorOf(options), reason: options.reason, patch, perSecond: options.rate },
        deps,
      );
  return {
    redriven: [...letters.redriven, ...jobs.redriven],
    refused: [...letters.refused, ...jobs.refused],
  };
};

/**
 * Redrives jobs; with `dryRun` only says which. Exits with 4 when a job was refused.
 *
 * @throws CliError without ids or a filter, and for a bad patch
 */
export const redriveCommand = (
  ids: readonly string[],
  options: RedriveCommandOptions,
): Promise<ExitCode> => {
  if (!isAimed(ids, options))
    throw new CliError(
      'Say which jobs: ids, or --status, --kind, --source, --error, --since, --until, --dead-letters.',
      EXIT.usage,
    );
  const patch = patchOf(options);
  return (options.dryRun ? looking : withDeployment)(options, async (session) => {
    const report = await redriveWanted(ids, patch, options, session);
    if (options.json) json({ dryRun: options.dryRun ?? false, ...report });
    else printReport(report, options.dryRun ? 'would be put back' : 'put back');
    return report.refused.length > 0 ? EXIT.refused : EXIT.ok;
  });
};
