import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardState } from '#shared/hosts/ports.ts';
import { applyFindings, closedHour } from '#shared/hosts/probing/applyFindings.ts';
import { HOST_STATES, type Live, type StateChange } from '#shared/hosts/probing/hostState.ts';
import { columnsOf, PackedFormatError, pack, unpack } from '#shared/hosts/probing/packedState.ts';

import type { ProbeOutcome, ProbeResult } from '#shared/hosts/probing/probeOutcome.ts';
import { unknownHost, verdictOn } from '#shared/hosts/probing/verdict.ts';
import { BUSY, fail, hostWith, INCONCLUSIVE, OK, once, SLOW } from '../support/probes.ts';
import { seeded } from '../support/seeded.ts';

const outcome: fc.Arbitrary<ProbeOutcome> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 999 }).map((ms) => ({ ...OK, ms }) as ProbeOutcome),
  },
  fc.constant(SLOW),
  fc.constant(BUSY),
  fc.constant(INCONCLUSIVE),
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('timeout' as const, 'refused' as const, 'tls' as const, 'call' as const)
      .map(fail),
  },
);
const results: fc.Arbitrary<ProbeResult[]> = fc.array(
  fc.record({ outcome, reprobed: fc.boolean() }),
  { maxLength: 120 },
);

const u = (max: number) => fc.integer({ min: 0, max });
const announced: fc.Arbitrary<Pick<Live, 'announced'>> = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...HOST_STATES).map((state) => ({ announced: state })),
);
const all: fc.Arbitrary<Live> = fc.record({
  number: u(4_294_967_295),
  state: fc.constantFrom(...HOST_STATES),
  fails: u(255),
  passes: u(255),
  slow: u(31),
  changes: u(1_048_575),
  inconclusive: u(255),
  srttMs: u(16_777_215).map((parts) => parts / 256),
  rttvarMs: u(65_535).map((parts) => parts / 4),
  since: u(4_294_967_295),
  failedSince: u(4_294_967_295),
  seq: u(4_294_967_295),
  reason: fc.constantFrom<Live['reason']>(
    'none',
    'slow',
    'stuck_busy',
    'refused',
    'timeout',
    'call',
  ),
  certDays: fc.integer({ min: -32_768, max: 32_767 }),
  flapping: fc.boolean(),
  hourProbes: u(65_535),
  hourPasses: u(65_535),
});
const inconclusiveReason: fc.Arbitrary<Pick<Live, 'inconclusiveReason'>> = fc.oneof(
  fc.constant({}),
  fc
    .constantFrom('descriptors' as const, 'forbidden_address' as const, 'mass_failure' as const)
    .map((reason) => ({ inconclusiveReason: reason })),
);
const packable: fc.Arbitrary<Live> = fc
  .tuple(all, announced, inconclusiveReason)
  .map(([live, each, unsure]) => ({ ...live, ...each, ...unsure }));

/** Rules that hold between any two states of a host. */
const checkStep = (before: Live, live: Live, fails: number, result: ProbeResult): void => {
  if (result.outcome.kind === 'inconclusive')
    expect({
      ...live,
      inconclusive: before.inconclusive,
      inconclusiveReason: before.inconclusiveReason,
    }).toEqual({ ...before, inconclusiveReason: before.inconclusiveReason });
  const fell = live.state === 'offline' && before.state !== 'offline';
  const rose = before.state === 'offline' && live.state !== 'offline';
  if (fell) expect(fails).toBeGreaterThanOrEqual(result.reprobed ? 2 : 3);
  if (rose) expect(live.passes).toBeGreaterThanOrEqual(2);
};

describe('a verdict', () => {
  it('falls only after as many fails in a row as it must, and never by the prober’s own fault', () => {
    fc.assert(
      fc.property(results, (all) => {
        let live = unknownHost(hostWith());
        let fails = 0;
        for (const [turn, result] of all.entries()) {
          const before = live;
          live = verdictOn(before, result, hostWith(), turn * 60_000).live;
          const { kind } = result.outcome;
          if (kind !== 'inconclusive') fails = kind === 'fail' ? fails + 1 : 0;
          checkStep(before, live, fails, result);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('counts its changes one by one, each from where the one before ended', () => {
    fc.assert(
      fc.property(results, (all) => {
        let live = unknownHost(hostWith());
        const changes: StateChange[] = [];
        all.forEach((result, turn) => {
          const judged = verdictOn(live, result, hostWith(), turn * 60_000);
          expect(judged.change !== undefined).toBe(judged.live.state !== live.state);
          live = judged.live;
          if (judged.change) changes.push(judged.change);
        });
        expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, index) => index + 1));
        const ends = ['unknown', ...changes.map(({ to }) => to)];
        expect(changes.map(({ from }) => from)).toEqual(ends.slice(0, -1));
        for (const { since, at } of changes) expect(since).toBeLessThanOrEqual(at);
      }),
      { numRuns: 500 },
    );
  });
});

it('tells in the end how a host is, whatever overlay kept quiet what', () => {
  fc.assert(
    fc.property(results, u(120), (all, turns) => {
      const overlay = { kind: 'drained', by: 'me', reason: '', until: turns * 60_000 } as const;
      let live = unknownHost(hostWith());
      let said: string = live.state;
      [...all, once(OK)].forEach((result, turn) => {
        const { change, live: next } = verdictOn(
          live,
          result,
          hostWith({ overlay }),
          turn * 60_000,
        );
        const isOver = turn >= turns;
        if (change?.silent !== true && change) said = change.to;
        if (!isOver) expect(said).toBe('unknown');
        else if (result.outcome.kind !== 'inconclusive') expect(said).toBe(next.state);
        live = next;
      });
    }),
    { numRuns: 500 },
  );
});

describe('a packed state', () => {
  const shardOf = (hosts: readonly Live[]) => new Map(hosts.map((live) => [live.number, live]));

  it('is read as it was written, in the same bytes whatever the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(packable, { selector: ({ number }) => number }), (hosts) => {
        const bytes = pack(shardOf(hosts));
        expect([...unpack(bytes).values()].sort((a, b) => a.number - b.number)).toEqual(
          [...hosts].sort((a, b) => a.number - b.number),
        );
        expect(pack(shardOf([...hosts].reverse()))).toEqual(bytes);
      }),
    );
  });

  it('keeps a thousand hosts below 40 KB', () => {
    const hosts = Array.from({ length: 1_000 }, (_, number) => unknownHost(hostWith({ number })));
    expect(pack(shardOf(hosts)).length).toBeLessThan(40_000);
  });

  it('is read in columns too, as the next version will write it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(packable, { selector: ({ number }) => number }), (hosts) => {
        const rows = pack(shardOf(hosts));
        expect(unpack(columnsOf(rows))).toEqual(unpack(rows));
      }),
    );
  });

  it('has a quarter of the bytes in columns, with latencies by chance', () => {
    const random = seeded(1);
    const hosts = Array.from({ length: 1_000 }, (_, number) => ({
      ...unknownHost(hostWith({ number })),
      srttMs: 5 + random() * 200,
      rttvarMs: 1 + random() * 40,
      since: 1_795_000_000 - Math.floor(random() * 2_592_000),
      certDays: Math.floor(random() * 90),
    }));
    expect(columnsOf(pack(shardOf(hosts))).length).toBeLessThan(13_000);
  });

  it('lets a smoothed latency come to what is measured, over many turns of packing', () => {
    const after = (first: number, ms: number): number => {
      let live = { ...unknownHost(hostWith({ number: 1 })), srttMs: first, rttvarMs: first / 2 };
      for (let turn = 0; turn < 200; turn += 1) {
        const found = { outcome: { kind: 'ok', ms, phases: {} }, reprobed: false } as const;
        live = verdictOn(live, found, hostWith({ number: 1 }), turn * 60_000).live;
        live = unpack(pack(shardOf([live]))).get(1) ?? live;
      }
      return live.srttMs;
    };
    for (const [first, ms] of [
      [400, 20],
      [1, 20],
      [0.2, 0.4],
    ] as const)
      expect(Math.abs(after(first, ms) - ms)).toBeLessThan(0.05);
  });

  it('of another version, or cut off, is refused by name', () => {
    const bytes = pack(shardOf([unknownHost(hostWith({ number: 1 }))]));
    expect(() => unpack(bytes.subarray(0, 20))).toThrow(PackedFormatError);
    for (const format of [2, 3])
      expect(() => unpack(Uint8Array.of(format, ...bytes.subarray(1)))).toThrow(
        /this version reads formats 1 and 2/,
      );
    const columns = columnsOf(bytes);
    expect(() => unpack(columns.subarray(0, columns.length - 4))).toThrow(PackedFormatError);
  });
});

it('counts every look of a conclusive probe in exactly one hour', () => {
  const host = hostWith();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), outcome, fc.boolean()), {
        maxLength: 60,
      }),
      (turns) => {
        let state: ShardState = { version: 0, tick: 0, at: 0, live: new Map() };
        let at = 0;
        let counted = { probes: 0, passes: 0 };
        for (const [seconds, found, reprobed] of turns) {
          at += seconds * 1_000;
          const closed = closedHour(state, at)?.counts.get(0);
          if (closed)
            counted = {
              probes: counted.probes + closed.probes,
              passes: counted.passes + closed.passes,
            };
          const findings = new Map([[host.id, [{ outcome: found, reprobed }]]]);
          const turn = { tick: at, at, foundAt: at };
          const { next } = applyFindings(state, [host], findings, turn);
          state = { ...next, version: state.version + 1 };
        }
        const open = state.live.get(0) ?? unknownHost(hostWith());
        const conclusive = turns.filter(([, { kind }]) => kind !== 'inconclusive');
        const looks = conclusive.reduce((sum, [, , reprobed]) => sum + (reprobed ? 2 : 1), 0);
        expect(counted.probes + open.hourProbes).toBe(looks);
        expect(counted.passes + open.hourPasses).toBe(
          conclusive.filter(([, { kind }]) => kind !== 'fail').length,
        );
      },
    ),
  );
});
