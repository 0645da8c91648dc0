/** A mesh host as the registry keeps it: where it is, what it can do, what that costs, how it is probed. */
import type { ProbeInterval } from '#shared/contracts/hosts.ts';

export interface Capability {
  readonly kind: string;
  /** What one run costs, in minor units; 0 is free. */
  readonly price: bigint;
}

/** What an answer's body must be, beside the status. */
export type BodyRule =
  /** JSON pointer, and the value that must be there. */
  | { readonly kind: 'json'; readonly pointer: string; readonly equals: string | number | boolean }
  | { readonly kind: 'contains'; readonly text: string };

export interface ProbeSettings {
  /** Of the endpoint's URL. */
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
  /** Statuses that pass; an inclusive range each. */
  readonly expectStatus: readonly (readonly [from: number, to: number])[];
  readonly body?: BodyRule;
  readonly headers: Readonly<Record<string, string>>;
  /** One total deadline through name, connection, TLS, headers and body, in ms. */
  readonly timeoutMs: number;
  /** An answer that takes longer is slow, in ms. */
  readonly degradedMs: number;
  readonly intervalSeconds: ProbeInterval;
}

export interface Overlay {
  readonly kind: 'drained' | 'maintenance';
  /** ms since the epoch; an overlay without an end stays until it is taken away. */
  readonly until?: number;
  readonly by: string;
  readonly reason: string;
}

export interface Host {
  readonly id: string;
  /** http or https, without path, query and credentials. */
  readonly endpoint: string;
  readonly capabilities: readonly Capability[];
  /** Unit of its prices. */
  readonly unit: string;
  /** Runs that may be under way at once. */
  readonly concurrency: number;
  readonly tags: readonly string[];
  readonly probe: ProbeSettings;
  /** No new work; it is still probed. */
  readonly overlay?: Overlay;
  /** `<intervalSeconds>-<n>`. */
  readonly shard: string;
  /** Within its shard, never given twice. */
  readonly number: number;
  /** Counts the changes of this row. */
  readonly version: number;
  /**
   * When it got its number: added, or moved to another interval. ms since the epoch. In seconds it
   * is later than any count of the changes before, so that no change is ever named twice.
   */
  readonly createdAt: number;
}

/** An overlay counts until it ends. @param now ms since the epoch */
export const overlayAt = ({ overlay }: Pick<Host, 'overlay'>, now: number): Overlay | undefined =>
  overlay && now < (overlay.until ?? now + 1) ? overlay : undefined;
