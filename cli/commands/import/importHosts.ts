/**
 * `import hosts`: the workers of the original system's workers.json, with each that cannot be
 * imported.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LegacyHosts, readLegacyHosts } from '#shared/legacy/hosts.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import { columns, json, note, out, plain } from '../../print.ts';
import type { SessionOptions } from '../../session.ts';
import { pricesOf } from '../../show/showHost.ts';
import { addGiven } from '../hosts/hosts.ts';

export interface ImportHostsOptions extends SessionOptions {
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly local?: boolean;
}

const FILE = 'workers.json';

const read = (directory: string, { local = false }: ImportHostsOptions): LegacyHosts => {
  const places = [join(directory, 'mesh/registry', FILE), join(directory, FILE)];
  const found = places.find((path) => existsSync(path));
  if (!found) throw new CliError(`No ${FILE} in ${places.join(' or ')}.`, EXIT.usage);
  const isOwn = (name: string): boolean =>
    /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(name);
  try {
    return readLegacyHosts(readFileSync(found, 'utf8'), {
      isOwnAddress: (name) => !local && isOwn(name),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(
      `${found} cannot be read (${reason}); the original keeps its last good one as ${FILE}.bak.`,
      EXIT.usage,
      { cause: error },
    );
  }
};

const printNotes = ({ notes }: LegacyHosts): void => {
  const rows = notes.map(({ id, message }) => ['LOSES', id, message].map(plain));
  if (rows.length > 0) note(columns(rows));
};

const printReport = ({ hosts, refused }: LegacyHosts): void => {
  out(`${hosts.length} of ${hosts.length + refused.length} workers can come along`);
  const rows = hosts.map((host) =>
    [host.id, host.endpoint, host.tags.join(',') || '-', pricesOf(host)].map(plain),
  );
  if (rows.length > 0) out(columns([['ID', 'ENDPOINT', 'TAGS', 'RUNS'], ...rows]));
  const left = refused.map(({ id, code, message }) => [code, id, message].map(plain));
  if (left.length > 0) note(columns(left));
};

/**
 * Imports the workers as hosts; with `dryRun` only reports. Averages of success and latency are not
 * imported: probes and jobs measure them again.
 *
 * @throws CliError when the file is missing or cannot be read
 */
export const importHosts = async (
  directory: string,
  options: ImportHostsOptions,
): Promise<ExitCode> => {
  const legacy = read(directory, options);
  if (!options.json) printNotes(legacy);
  if (!options.dryRun) {
    const refused = legacy.refused.map(({ id, ...why }) => ({ where: id, ...why }));
    return addGiven({ definitions: legacy.hosts, refused }, options);
  }
  if (options.json) json(legacy);
  else printReport(legacy);
  note('Dry run: nothing was imported.');
  return EXIT.ok;
};
