/** Servers that are up whenever the prober's network is. */

import type { Probe } from '../ports.ts';
import type { Sentinels } from '../probing/massFailure.ts';
import type { Host } from '../registry/host.ts';

const TIMEOUT_MS = 2_000;

/** Any answer, with any status, proves the network. */
const sentinelOf = (text: string): Host => {
  const url = new URL(text);
  return {
    id: text,
    endpoint: url.origin,
    capabilities: [],
    unit: '',
    concurrency: 1,
    tags: [],
    probe: {
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      expectStatus: [[100, 599]],
      headers: {},
      timeoutMs: TIMEOUT_MS,
      degradedMs: TIMEOUT_MS,
      intervalSeconds: 60,
    },
    shard: '',
    number: 0,
    version: 0,
    createdAt: 0,
  };
};

/**
 * Sentinels at these URLs; all are asked at once.
 *
 * @throws TypeError for a text that is not a URL
 */
export const createSentinels = (urls: readonly string[], probe: Probe): Sentinels => {
  const sentinels = urls.map(sentinelOf);
  return async () => {
    if (sentinels.length === 0) return undefined;
    const outcomes = await Promise.all(sentinels.map((each) => probe(each, TIMEOUT_MS)));
    return outcomes.some(({ kind }) => kind !== 'fail' && kind !== 'inconclusive');
  };
};
