import { describe, expect, it } from 'vitest';
import { describeHost, hostReason, latencyOf, shownState, sinceOf } from '#cli/show/showHost.ts';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { definitionOf } from '../support/hosts.ts';

const NOW = 1_800_000_000_000;

const host = (over: Partial<Host> = {}): Host => ({
  ...definitionOf('pdf-1', { concurrency: 3, tags: ['eu'] }),
  shard: '60-0',
  number: 4,
  version: 2,
  createdAt: NOW,
  ...over,
});

const live = (over: Partial<Live> = {}): Live => ({
  number: 4,
  state: 'online',
  fails: 0,
  passes: 9,
  slow: 0,
  changes: 0,
  inconclusive: 0,
  srttMs: 41.6,
  rttvarMs: 1,
  since: NOW / 1_000 - 300,
  failedSince: 0,
  seq: 3,
  reason: 'none',
  certDays: -32_768,
  flapping: false,
  hourProbes: 9,
  hourPasses: 9,
  ...over,
});

const overlay = { kind: 'maintenance', by: 'ann', reason: 'new fan' } as const;

describe('a host as people read it', () => {
  it.each([
    ['unknown', host(), undefined],
    ['online', host(), live()],
    ['offline', host(), live({ state: 'offline' })],
    ['maintenance', host({ overlay }), live()],
    ['online', host({ overlay: { ...overlay, until: NOW } }), live()],
  ] as const)('is %s', (state, of, known) => {
    expect(shownState({ host: of, live: known }, NOW)).toBe(state);
  });

  it.each([
    [3, '3.0 s'],
    [300, '5 min'],
    [7_200, '2 h'],
    [86_400 * 3, '3 days'],
  ])('has been so for %d s, in words', (seconds, text) => {
    expect(sinceOf({ host: host(), live: live({ since: NOW / 1_000 - seconds }) }, NOW)).toBe(text);
  });

  it.each([
    ['', host(), live()],
    ['not probed yet', host(), undefined],
    ['timeout', host(), live({ state: 'offline', reason: 'timeout' })],
    ['slow, flapping', host(), live({ reason: 'slow', flapping: true })],
    ['stale: 5 probes said nothing', host(), live({ inconclusive: 5 })],
    [
      'stale: 5 probes said nothing (the resolver failed)',
      host(),
      live({ inconclusive: 5, inconclusiveReason: 'dns_down' }),
    ],
    ['refused', host(), live({ state: 'unknown', reason: 'refused', fails: 1 })],
    [
      '1 probe said nothing (outboundAllow does not allow its address)',
      host(),
      live({ state: 'unknown', inconclusive: 1, inconclusiveReason: 'forbidden_address' }),
    ],
    ['', host(), live({ inconclusive: 1, inconclusiveReason: 'skipped' })],
    ['by ann: new fan', host({ overlay }), live()],
    [
      'by ann: new fan; offline: refused',
      host({ overlay }),
      live({ state: 'offline', reason: 'refused' }),
    ],
    ['by ann: new fan; busy', host({ overlay }), live({ state: 'busy' })],
    ['by ann: new fan; not probed yet', host({ overlay }), undefined],
    [
      'by ann until 2027-01-15 09:00:00.000: new fan',
      host({ overlay: { ...overlay, until: NOW + 3_600_000 } }),
      live(),
    ],
  ] as const)('is so because of "%s"', (reason, of, known) => {
    expect(hostReason({ host: of, live: known }, NOW)).toBe(reason);
  });

  it('is told with its uptime, rounded down, and its slots', () => {
    const uptime = {
      day: { probes: 1_440, passes: 1_440 },
      '30 days': { probes: 43_200, passes: 43_199 },
      '365 days': { probes: 0, passes: 0 },
    };
    const standing = { host: host(), live: live(), used: 2 };
    const text = describeHost(standing, uptime, NOW);
    expect(text).toMatch(/^uptime +day 100\.00 %, 30 days 99\.99 %, 365 days not probed$/m);
    expect(text).toMatch(/^slots +2 of 3 in use$/m);
    expect(text).toMatch(/^runs +pdf=20 CRD$/m);
    expect(latencyOf(standing)).toBe('42 ms');
  });
});
