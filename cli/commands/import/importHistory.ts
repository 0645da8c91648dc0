/** `import history`: the original system's decision traces, for `why`. */
import { readFileSync } from 'node:fs';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type LegacyDecisions, readLegacyDecisions } from '#shared/legacy/decisions.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { legacyPath } from '../../input/legacyFiles.ts';
import { columns, json, note, out, plain } from '../../print.ts';
import { type SessionOptions, withDeployment } from '../../session.ts';

export interface ImportHistoryOptions extends SessionOptions {
  readonly dryRun?: boolean;
}

const FILES = ['logs/decision_trace.jsonl', 'decision_trace.jsonl'];

const printDecisions = (
  { decisions, refused }: LegacyDecisions,
  options: ImportHistoryOptions,
): void => {
  const jobs = new Set(decisions.map(({ jobId }) => jobId)).size;
  if (options.json) json({ decisions: decisions.length, jobs, refused });
  else out(`${decisions.length} decisions about ${jobs} jobs`);
  const left = refused.map(({ code, line, message }) => [code, `line ${line}`, plain(message)]);
  if (left.length > 0 && !options.json) note(columns(left));
};

/**
 * Imports the decisions; with `dryRun` only reports. A second import of the same file changes
 * nothing but how long they are kept. Exits with 4 when a line cannot come along.
 *
 * @throws CliError when the file is missing
 */
export const importHistory = async (
  directory: string,
  options: ImportHistoryOptions,
): Promise<ExitCode> => {
  const read = readLegacyDecisions(readFileSync(legacyPath(directory, ...FILES), 'utf8'));
  if (options.dryRun) {
    printDecisions(read, options);
    note('Dry run: nothing was imported.');
    return EXIT.ok;
  }
  return withDeployment(options, async ({ past, clock }) => {
    const expiresAt = Math.floor(clock.now() / 1_000) + LIMITS.retentionPastSeconds;
    await past.keep(read.decisions, expiresAt);
    printDecisions(read, options);
    return read.refused.length > 0 ? EXIT.refused : EXIT.ok;
  });
};
