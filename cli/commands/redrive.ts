/** `redrive`: dead and refused jobs, once more. */
import { readFileSync } from 'node:fs';
import { ATTENTION, type Attention } from '#shared/contracts/jobs.ts';
import { parseHostileJson } from '#shared/jobs/hostileJson.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import { prepareRedrive, redrive as redriveJobs, selects } from '#shared/jobs/redrive.ts';
import type { Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
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

/** Without ids or any filter nothing is put back: that is too easily not meant. */
const isAimed = (ids: readonly string[], options: RedriveCommandOptions): boolean => {
  const { status, kind, source, error, since, until } = options;
  return (
    ids.length > 0 ||
    [status, kind, source, error, since, until].some((given) => given !== undefined)
  );
};

type Report = Awaited<ReturnType<typeof redriveJobs>>;

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

export const redrive = (
  ids: readonly string[],
  options: RedriveCommandOptions,
): Promise<ExitCode> => {
  if (!isAimed(ids, options))
    throw new CliError(
      'Say which jobs: ids, or --status, --kind, --source, --error, --since, --until.',
      EXIT.usage,
    );
  const patch = patchOf(options);
  return (options.dryRun ? looking : withDeployment)(options, async (session) => {
    const records = await selected(ids, options, session);
    const deps = { ...session, kinds };
    const order = { by: actorOf(options), patch, perSecond: options.rate };
    const report = options.dryRun
      ? await rehearse(records, patch, deps)
      : await redriveJobs(records, order, deps);
    if (options.json) json({ dryRun: options.dryRun ?? false, ...report });
    else printReport(report, options.dryRun ? 'would be put back' : 'put back');
    return report.refused.length > 0 ? EXIT.refused : EXIT.ok;
  });
};
