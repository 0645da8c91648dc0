import { describe, expect, it } from 'vitest';
import type { Stall } from '#shared/hosts/ports.ts';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import { withoutOwnFaults } from '#shared/hosts/probing/ownFaults.ts';
import { type ProbeAllDeps, probeAll } from '#shared/hosts/probing/probeAll.ts';
import type { FailReason, ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { aHost, aLive } from '../support/targets.ts';

const ok: ProbeOutcome = { kind: 'ok', ms: 10, phases: {} };
const slow: ProbeOutcome = { kind: 'slow', ms: 2_000, phases: {} };
const busy: ProbeOutcome = { kind: 'busy', ms: 10, phases: {} };
const fail = (reason: FailReason = 'refused'): ProbeOutcome => ({
  kind: 'fail',
  reason,
  detail: '',
  ms: 1,
  phases: reason === 'dns' ? {} : { dns: 1 },
});
const own: ProbeOutcome = { kind: 'inconclusive', reason: 'descriptors', detail: '' };

interface Script {
  /** What each look at a host finds, in order; the last one stays. */
  readonly finds?: (host: Host, look: number) => ProbeOutcome;
  /** How long a look takes. */
  readonly takesMs?: (host: Host) => number;
  readonly stall?: Stall;
  readonly budgetMs?: number;
  readonly vcpus?: number;
}

/** Time is simulated: it moves on when all that could begin has begun. */
const simulate = async (
  hosts: readonly (readonly [id: string, live?: Live | undefined])[],
  { finds = () => ok, takesMs = () => 10, stall, budgetMs = 50_000, vcpus = 1 }: Script = {},
) => {
  let now = 1_000;
  const due: { readonly at: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((wake) => {
      due.push({ at: now + ms, wake });
    });
  const began: string[] = [];
  const looks = new Map<string, number>();
  const under = { now: 0, most: 0 };
  const deps: ProbeAllDeps = {
    probe: async (host) => {
      began.push(host.id);
      looks.set(host.id, (looks.get(host.id) ?? 0) + 1);
      under.now += 1;
      under.most = Math.max(under.most, under.now);
      await sleep(takesMs(host));
      under.now -= 1;
      return finds(host, looks.get(host.id) ?? 0);
    },
    clock: { now: () => now },
    random: { next: () => 0.5 },
    stalls: { now: () => now, between: () => stall },
    sleep,
    budgetMs,
    vcpus,
  };
  let ended = false;
  const run = probeAll(
    hosts.map(([id, live]) => ({ host: aHost(id, `http://${id}.example`), live })),
    deps,
  ).finally(() => {
    ended = true;
  });
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    due.sort((a, b) => a.at - b.at);
    const next = due.shift();
    if (!next) continue;
    now = Math.max(now, next.at);
    next.wake();
  }
  return { ...(await run), began, looks, most: under.most };
};

const many = (count: number, live?: Live) =>
  Array.from({ length: count }, (_, index) => [`h${index}`, live] as const);
const outcomes = ({ results }: { results: Awaited<ReturnType<typeof probeAll>>['results'] }) =>
  [...results.values()].map(({ outcome }) => outcome);

describe('a run', () => {
  it('begins with the slowest, of suspects and of others; who is not known counts as slow', async () => {
    const { began } = await simulate([
      ['quick', aLive({ srttMs: 5 })],
      ['slow', aLive({ srttMs: 900 })],
      ['new'],
      ['medium', aLive({ srttMs: 50 })],
      ['dead', aLive({ state: 'offline' })],
      ['silent', aLive({ state: 'offline', reason: 'timeout' })],
      ['failing', aLive({ fails: 1, srttMs: 1 })],
    ]);
    const isSuspect = (id: string): boolean => ['silent', 'dead', 'failing'].includes(id);
    expect(began.filter(isSuspect)).toEqual(['silent', 'dead', 'failing']);
    expect(began.filter((id) => !isSuspect(id))).toEqual(['new', 'slow', 'medium', 'quick']);
  });

  it('mixes hosts that are alike, differently each time', async () => {
    const { began } = await simulate(many(50, aLive()));
    expect(began).not.toEqual(many(50).map(([id]) => id));
    expect([...began].sort()).toEqual(
      many(50)
        .map(([id]) => id)
        .sort(),
    );
  });

  it.each([
    [1, 64],
    [2, 128],
    [0.3, 64],
    [64, 512],
  ])('at %s CPUs has %s looks under way', async (vcpus, expected) => {
    const { most, results } = await simulate(many(1_000, aLive()), {
      vcpus,
      takesMs: () => 5_000,
      budgetMs: 200_000,
    });
    expect(most).toBe(expected);
    expect(results.size).toBe(1_000);
  });

  it('gives suspects slots of their own, so that they starve nobody', async () => {
    const dead = Array.from({ length: 400 }, (_, n) => [`d${n}`, aLive({ fails: 1 })] as const);
    const { began, most } = await simulate([...dead, ...many(64, aLive())], {
      takesMs: ({ id }) => (id.startsWith('d') ? 2_000 : 500),
    });
    expect(most).toBe(256 + 64);
    expect(began.slice(0, 320).filter((id) => id.startsWith('h'))).toHaveLength(64);
  });

  it('begins nothing that might not end in time, and says so', async () => {
    const run = await simulate(many(200, aLive()), { takesMs: () => 2_000, budgetMs: 5_000 });
    expect(run.began).toHaveLength(128);
    expect(run.skipped).toBe(72);
    expect(run.endedAt - run.startedAt).toBeLessThanOrEqual(5_000);
    expect(outcomes(run).filter(({ kind }) => kind === 'ok')).toHaveLength(128);
    expect(
      outcomes(run).filter((each) => each.kind === 'inconclusive' && each.reason === 'skipped'),
    ).toHaveLength(72);
  });
});

describe('looks begin', () => {
  it('evenly, so that hosts are not measured in a burst', async () => {
    const hosts = many(500, aLive());
    const one = await simulate(hosts, { takesMs: () => 10 });
    expect(one.most).toBeLessThanOrEqual(7);
    const alone = (1_000 * 500) / LIMITS.probeStartsPerSecond;
    expect(Math.abs(one.endedAt - one.startedAt - alone)).toBeLessThan(50);
    const two = await simulate(hosts, { takesMs: () => 10, vcpus: 2 });
    expect(Math.abs(two.endedAt - two.startedAt - alone / 2)).toBeLessThan(50);
  });

  it('at once where they may hang; the others in the time that these are waited for', async () => {
    const silent = aLive({ state: 'offline', reason: 'timeout' });
    const msOf = async (others: number) => {
      const { endedAt, startedAt } = await simulate(
        [...many(others, aLive()), ['silent', silent]],
        {
          takesMs: ({ id }) => (id === 'silent' ? 2_000 : 10),
        },
      );
      return endedAt - startedAt;
    };
    expect([await msOf(900), await msOf(80)]).toEqual([2_000, 2_000]);
  });
});

describe('a second look', () => {
  const first = async (live: Live | undefined, finds: Script['finds'], budgetMs = 50_000) => {
    const run = await simulate([['h', live]], { ...(finds && { finds }), budgetMs });
    const result = run.results.get('h');
    return { kind: result?.outcome.kind, reprobed: result?.reprobed, looks: run.looks.get('h') };
  };

  it.each([
    ['online', aLive()],
    ['not known', undefined],
    ['failing', aLive({ fails: 2 })],
  ])('is taken of a host that failed and was %s', async (_, live) => {
    expect(await first(live, () => fail())).toEqual({ kind: 'fail', reprobed: true, looks: 2 });
  });

  it.each([ok, slow, busy])('that finds it well is what counts: $kind', async (again) => {
    const { kind } = again;
    expect(await first(aLive(), (_, look) => (look === 1 ? fail() : again))).toEqual({
      kind,
      reprobed: true,
      looks: 2,
    });
  });

  it('that says nothing leaves the first one', async () => {
    expect(await first(aLive(), (_, look) => (look === 1 ? fail() : own))).toEqual({
      kind: 'fail',
      reprobed: false,
      looks: 2,
    });
  });

  it('is not taken of a host that is offline, nor when there is no time', async () => {
    const once = { kind: 'fail', reprobed: false, looks: 1 };
    expect(await first(aLive({ state: 'offline' }), () => fail())).toEqual(once);
    expect(await first(aLive(), () => fail(), 2_200)).toEqual(once);
  });

  it.each([ok, slow, busy, own])('is not taken after $kind', async (outcome) => {
    expect(await first(aLive(), () => outcome)).toMatchObject({ reprobed: false, looks: 1 });
  });

  it('comes 250 to 500 ms after the first', async () => {
    const { startedAt, endedAt } = await simulate([['h']], { finds: () => fail() });
    expect(endedAt - startedAt).toBe(10 + 375 + 10);
  });
});

describe('the fault is the prober’s', () => {
  const blocked: Stall = { kind: 'event_loop', ms: 300 };
  const frozen: Stall = { kind: 'clock_jump', ms: 9_000 };

  it.each([
    [fail('timeout'), blocked, 'inconclusive'],
    [fail('dns'), blocked, 'inconclusive'],
    [slow, blocked, 'inconclusive'],
    [fail('refused'), blocked, 'fail'],
    [fail('status'), blocked, 'fail'],
    [ok, blocked, 'ok'],
    [busy, blocked, 'busy'],
    [fail('reset'), frozen, 'inconclusive'],
    [fail('timeout'), frozen, 'inconclusive'],
    [slow, frozen, 'inconclusive'],
    [ok, frozen, 'ok'],
    [fail('timeout'), undefined, 'fail'],
    [slow, undefined, 'slow'],
  ] as const)('%j with %j is %s', (outcome, stall, kind) => {
    expect(withoutOwnFaults(outcome, stall).kind).toBe(kind);
  });

  it('when it stood still: nobody fails, and nobody is looked at again', async () => {
    const run = await simulate(many(10, aLive()), { finds: () => fail('timeout'), stall: frozen });
    expect(new Set(outcomes(run).map(({ kind }) => kind))).toEqual(new Set(['inconclusive']));
    expect(run.began).toHaveLength(10);
  });

  it.each([
    [10, 6, 'inconclusive'],
    [10, 5, 'fail'],
    [4, 4, 'fail'],
    [5, 5, 'inconclusive'],
  ])('of %s names %s fail: %s', async (count, gone, kind) => {
    const run = await simulate(many(count, aLive()), {
      finds: ({ id }) => (Number(id.slice(1)) < gone ? fail('dns') : { ...ok, phases: { dns: 1 } }),
    });
    expect(run.results.get('h0')?.outcome).toMatchObject({ kind });
    if (gone < count) expect(run.results.get(`h${count - 1}`)?.outcome.kind).toBe('ok');
  });
});
