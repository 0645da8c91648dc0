/** A host in the registry: its endpoint, its kinds and prices, its probe. */
import type { ProbeInterval } from '#shared/contracts/hosts.ts';

export interface Capability {
  readonly kind: string;
  /** The price of a run, in minor units; 0 is free. */
  readonly price: bigint;
}

/** What the body of an answer must be, in addition to the status. */
export type BodyRule =
  /** A JSON pointer, and the value that must be there. */
  | { readonly kind: 'json'; readonly pointer: string; readonly equals: string | number | boolean }
  | { readonly kind: 'contains'; readonly text: string };

export interface ProbeSettings {
  /** Path below the endpoint. */
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
  /** Statuses that pass, as inclusive ranges. */
  readonly expectStatus: readonly (readonly [from: number, to: number])[];
  readonly body?: BodyRule;
  readonly headers: Readonly<Record<string, string>>;
  /** One deadline for name, connection, TLS, headers and body together, in ms. */
  readonly timeoutMs: number;
  /** An answer that takes longer is slow, in ms. */
  readonly degradedMs: number;
  readonly intervalSeconds: ProbeInterval;
}

export interface Overlay {
  readonly kind: 'drained' | 'maintenance';
  /** ms since the epoch; absent: until the overlay is removed. */
  readonly until?: number;
  readonly by: string;
  readonly reason: string;
}

export interface Host {
  readonly id: string;
  /** URL with http or https, without path, query and credentials. */
  readonly endpoint: string;
  readonly capabilities: readonly Capability[];
  /** Unit of the prices. */
  readonly unit: string;
  /** Runs that may be under way at once. */
  readonly concurrency: number;
  readonly tags: readonly string[];
  readonly probe: ProbeSettings;
  /** Gives the host no new work; it is still probed. */
  readonly overlay?: Overlay;
  /** `<intervalSeconds>-<n>`. */
  readonly shard: string;
  /** Number within the shard, never given twice. */
  readonly number: number;
  /** Number of changes of this row. */
  readonly version: number;
  /**
   * When the host got its number, by registration or by a move to another interval; ms since the
   * epoch. In seconds this is above all earlier change counts, so that no change gets an id twice.
   */
  readonly createdAt: number;
}

/**
 * The overlay at a time; undefined when it has ended.
 *
 * @param now ms since the epoch
 */
export const overlayAt = ({ overlay }: Pick<Host, 'overlay'>, now: number): Overlay | undefined =>
  overlay && now < (overlay.until ?? now + 1) ? overlay : undefined;
