/**
 * Reads the hosts of `hosts add`: from a file of definitions, or one host from flags. Each refusal
 * names the field.
 */
import { checkHost, type HostDefinition } from '#shared/hosts/registry/definition.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { CliError, EXIT } from '../errors.ts';
import { readItems } from './input.ts';

export interface HostFlags {
  readonly kind: readonly string[];
  readonly tag: readonly string[];
  readonly unit?: string;
  readonly concurrency?: number;
  readonly path?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly degraded?: number;
}

export interface RefusedHost {
  /** Place of the definition: `hosts.json[3]`, `hosts.jsonl:12`, or the host's id. */
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

export interface GivenHosts {
  readonly definitions: readonly HostDefinition[];
  readonly refused: readonly RefusedHost[];
}

const given = (where: string, value: unknown): GivenHosts => {
  const checked = checkHost(value);
  if (checked.ok) return { definitions: [checked.value], refused: [] };
  const { code, message } = checked.error;
  return { definitions: [], refused: [{ where, code, message }] };
};

const parsed = (where: string, body: string): GivenHosts => {
  const json = parseHostileJson(body);
  if (json.ok) return given(where, json.value);
  const { code, message } = json.error;
  return { definitions: [], refused: [{ where, code, message }] };
};

/**
 * Reads definitions.
 *
 * @param file a path, or `-` for standard input: one definition, an array, or JSON lines
 * @throws CliError when the file cannot be read
 */
export const readHosts = async (file: string): Promise<GivenHosts> => {
  const all = (await readItems(file)).map(({ where, body, fault }) =>
    fault ? { definitions: [], refused: [{ where, ...fault }] } : parsed(where, body),
  );
  return {
    definitions: all.flatMap(({ definitions }) => definitions),
    refused: all.flatMap(({ refused }) => refused),
  };
};

/** `pdf=20`: a run costs 20 minor units. `pdf`: a run is free. */
const capabilityOf = (text: string) => {
  const at = text.lastIndexOf('=');
  return at < 0 ? { kind: text } : { kind: text.slice(0, at), price: text.slice(at + 1) };
};

/**
 * The host that the flags describe, checked as a definition of a file is.
 *
 * @throws CliError when no kind is given
 */
export const hostOfFlags = (id: string, endpoint: string, flags: HostFlags): GivenHosts => {
  const { kind, tag, unit, concurrency, path, interval, timeout, degraded } = flags;
  if (kind.length === 0)
    throw new CliError('Say what the host can do: --kind NAME=PRICE, or --kind NAME.', EXIT.usage);
  const host = {
    id,
    endpoint,
    unit,
    concurrency,
    tags: tag,
    capabilities: kind.map(capabilityOf),
    probe: { path, intervalSeconds: interval, timeoutMs: timeout, degradedMs: degraded },
  };
  // A round through JSON drops undefined fields, so that their defaults apply.
  return given(id, JSON.parse(JSON.stringify(host)));
};
