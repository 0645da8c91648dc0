/**
 * The registry's items in the Hosts table: the directory, shards, definitions, and the shard of
 * each host.
 */
import type { Capability, Host, Overlay, ProbeSettings } from '../registry/host.ts';

export type HostItem = Readonly<Record<string, unknown>>;

export const DIRECTORY = { pk: 'DIRECTORY', sk: 'SHARDS' } as const;
export const HOST_PREFIX = 'H#';
/** The partition of a shard's items. */
export const shardPk = (shard: string): string => `S#${shard}`;
/** The item with a shard's version and next number. */
export const metaKey = (shard: string) => ({ pk: shardPk(shard), sk: 'META' });
/** The item of a host's definition. */
export const hostKey = (shard: string, id: string) => ({
  pk: shardPk(shard),
  sk: `${HOST_PREFIX}${id}`,
});
/** The item that makes an id unique over all shards. */
export const pointerKey = (id: string) => ({ pk: `H#${id}`, sk: 'SHARD' });
/** The row of the host's state; it is removed with the host. */
export const projectionKey = ({ shard, id }: Pick<Host, 'shard' | 'id'>) => ({
  pk: `V#${shard}`,
  sk: id,
});

interface Definition {
  readonly endpoint: string;
  readonly capabilities: readonly (readonly [kind: string, price: string])[];
  readonly unit: string;
  readonly concurrency: number;
  readonly tags: readonly string[];
  readonly probe: ProbeSettings;
}

/**
 * A host as an item. The whole definition is one text: a shard of a thousand hosts is read at once.
 */
export const hostItem = (host: Host): HostItem => {
  const { id, shard, endpoint, unit, concurrency, tags, probe, number, version } = host;
  const capabilities = host.capabilities.map(({ kind, price }) => [kind, String(price)] as const);
  const definition: Definition = { endpoint, capabilities, unit, concurrency, tags, probe };
  return {
    ...hostKey(shard, id),
    d: JSON.stringify(definition),
    n: number,
    v: version,
    at: host.createdAt,
    ...(host.overlay && { o: JSON.stringify(host.overlay) }),
  };
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const capabilityOf = ([kind, price]: readonly [string, string]): Capability => ({
  kind,
  price: BigInt(price),
});

/** The host of an item. */
export const hostOf = ({ pk, sk, d, n, v, at, o }: HostItem): Host => {
  const { capabilities, ...definition } = JSON.parse(text(d)) as Definition;
  return {
    id: text(sk).slice(HOST_PREFIX.length),
    ...definition,
    capabilities: capabilities.map(capabilityOf),
    ...(o !== undefined && { overlay: JSON.parse(text(o)) as Overlay }),
    shard: text(pk).slice(2),
    number: Number(n),
    version: Number(v),
    createdAt: Number(at),
  };
};
