/** What `hosts add` reads: a file of definitions, or one host in flags; each refused by its field. */
import { checkHost, type HostDefinition } from '#shared/hosts/registry/definition.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { CliError, EXIT } from './errors.ts';
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
  /** Where it stands: `hosts.json[3]`, `hosts.jsonl:12`, or its id. */
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

/** @param file a path, or `-` for standard input: one definition, an array, or JSON lines */
export const readHosts = async (file: string): Promise<GivenHosts> => {
  const all = (await readItems(file)).map(({ where, body, fault }) =>
    fault ? { definitions: [], refused: [{ where, ...fault }] } : parsed(where, body),
  );
  return {
    definitions: all.flatMap(({ definitions }) => definitions),
    refused: all.flatMap(({ refused }) => refused),
  };
};

/** `pdf=20` costs 20 minor units a run; `pdf` is free. */
const capabilityOf = (text: string) => {
  const at = text.lastIndexOf('=');
  return at < 0 ? { kind: text } : { kind: text.slice(0, at), price: text.slice(at + 1) };
};

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
  // What was not said is not there: it has a default.
  return given(id, JSON.parse(JSON.stringify(host)));
};
