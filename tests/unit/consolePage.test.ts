import { describe, expect, it } from 'vitest';
import { accountsTable } from '#cli/console/tables.ts';
import type { JobWhole } from '#cli/console/wire.ts';
import type { WaitCause } from '#cli/console/wireViews.ts';
import { mergePatch } from '#shared/jobs/operator/redrive.ts';
import type { Json } from '#shared/kernel/json.ts';
import { diffLines, NullError, patchBetween } from '../../cli/page/actions/mergePatch.ts';
import { textOfWords, typedWords } from '../../cli/page/jobs/search.ts';
import { barsOf } from '../../cli/page/jobs/timeline.ts';
import { balanceGraph } from '../../cli/page/ledger/balance.ts';
import { waitTrees } from '../../cli/page/mesh/waitTree.ts';
import { sharedWith } from '../../cli/page/sharing.ts';

describe('what an answer shares with the one before', () => {
  const old = {
    total: 2,
    rows: [
      { id: 'a', tags: ['x'] },
      { id: 'b', tags: [] },
    ],
  };

  it('is all of it when nothing changed', () => {
    expect(sharedWith(old, structuredClone(old))).toBe(old);
  });

  it('is each row that did not change, wherever it moved to', () => {
    const next = {
      total: 3,
      rows: [
        { id: 'c', tags: [] },
        { id: 'b', tags: [] },
        { id: 'a', tags: ['y'] },
      ],
    };
    const shared = sharedWith(old, structuredClone(next));
    expect(shared).toEqual(next);
    expect(shared.rows[1]).toBe(old.rows[1]);
    expect(shared.rows[2]).not.toBe(old.rows[0]);
  });

  it.each([
    [
      [1, 2],
      [1, 2, 3],
    ],
    [
      [1, 2, 3],
      [1, 2],
    ],
    [{ a: undefined }, {}],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, [1]],
    [undefined, { a: 1 }],
    [{ a: 1 }, undefined],
    [
      [{ id: 'a' }, { id: 'b' }],
      [{ id: 'b' }, { id: 'a' }],
    ],
  ])('makes of %j and then %j the second', (before, after) => {
    expect(sharedWith(before, structuredClone(after))).toStrictEqual(after);
  });
});

describe('the list of accounts', () => {
  it('has the first thousand by unit and name, and says how many more there are', () => {
    const balance = { posted: 7n, held: 0n, available: 7n };
    const standing = { ...balance, guarded: true, closed: false, lane: 0, lanes: [], createdAt: 1 };
    const all = Array.from({ length: 1_200 }, (_, n) => ({
      ...standing,
      unit: n % 2 ? 'B' : 'A',
      account: `a${String(n).padStart(4, '0')}`,
    }));
    const { rows, more } = accountsTable(all);
    expect([rows.length, more]).toEqual([1_000, 200]);
    expect(rows[0]).toEqual(['a0000', 'A', '7', '0', '7', '']);
    expect(rows[600]?.slice(0, 2)).toEqual(['a0001', 'B']);
    expect(accountsTable(all.slice(0, 1_000))).not.toHaveProperty('more');
  });
});

describe('the trees of who waits for whom', () => {
  const cause = (kind: WaitCause['kind'], name: string, ...jobs: string[]): WaitCause => ({
    kind,
    name,
    title: `${kind} ${name}`,
    why: '',
    holders: [],
    waiters: jobs.map((job) => ({ job, says: '' })),
    more: 0,
  });
  const drawn = (...causes: WaitCause[]) =>
    waitTrees(causes).map((rows) =>
      rows.map(({ depth, title, isRing }) => `${'-'.repeat(depth)}${title}${isRing ? '!' : ''}`),
    );

  it('hang each job below what it waits for, and below it the jobs that wait for it', () => {
    expect(
      drawn(cause('job', 'b', 'c'), cause('job', 'a', 'b'), cause('limit', 'shop', 'a')),
    ).toEqual([['limit shop', '-a', '--b', '---c']]);
  });

  it('begin a ring of jobs somewhere, and end it there', () => {
    expect(drawn(cause('job', 'a', 'b'), cause('job', 'b', 'a'))).toEqual([['a', '-b', '--a!']]);
  });

  it('leave out a cause for which nobody waits, and count what has no place', () => {
    const many = cause('queue', 'low', ...Array.from({ length: 9 }, (_, n) => `j${n}`));
    expect(drawn(cause('mesh', 'mesh'), { ...many, more: 7 })).toEqual([
      ['queue low', '-j0', '-j1', '-j2', '-j3', '-12 more'],
    ]);
  });

  it('stay small, however deep jobs wait for each other', () => {
    const chain = Array.from({ length: 40 }, (_, n) => cause('job', `${n}`, `${n + 1}`));
    const [rows = []] = drawn(...chain);
    expect(rows).toHaveLength(15);
    expect(rows.at(-1)).toContain('1 more');
  });
});

describe('the patch between two payloads', () => {
  const cases: readonly (readonly [Json, Json])[] = [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1, b: 2 }, { b: 2 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3, d: [1, null] } }],
    [{ a: [1, 2] }, { a: [2] }],
    [{ a: { b: 1 } }, { a: 7 }],
    [{ a: 7 }, { a: { b: 1 } }],
    ['text', { a: 1 }],
    [{ a: 1 }, [1, 2]],
    [{}, { ['__proto__x']: 1 }],
  ];
  it.each(cases)('turns %j into %j', (from, to) => {
    expect(mergePatch(from, patchBetween(from, to) as Json)).toEqual(to);
  });

  it('is nothing for the same payload, and refuses what a merge patch cannot say', () => {
    expect(patchBetween({ a: [1] }, { a: [1] })).toBeUndefined();
    expect(() => patchBetween({ a: 1 }, { a: null })).toThrow(NullError);
    expect(() => patchBetween({}, { a: { b: null } })).toThrow(NullError);
  });

  it('shows what leaves and what comes', () => {
    const lines = diffLines('{\n  "a": 1,\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 3,\n  "c": 4\n}');
    expect(lines.map(({ sign, text }) => `${sign}${text.trim()}`)).toEqual([
      ...[' {', ' "a": 1,', '-"b": 2', '+"b": 3,', '+"c": 4', ' }'],
    ]);
    expect(diffLines('a\na', 'a').map(({ sign }) => sign)).toEqual([' ', '-']);
  });
});

describe('what is typed into the search field', () => {
  const NOW = Date.parse('2026-11-26T20:00:00Z');

  it('is fields and a text, and is the same text again', () => {
    const words = typedWords('kind:echo order 7 source:shop', NOW);
    expect(words).toMatchObject({ kind: 'echo', source: 'shop', q: 'order 7' });
    expect(textOfWords(words)).toBe('kind:echo source:shop order 7');
  });

  it('reads times, and takes unknown fields as text', () => {
    expect(typedWords('since:2h', NOW)['since']).toBe(String(NOW - 7_200_000));
    expect(typedWords('since:2026-11-01', NOW)['since']).toBe(String(Date.parse('2026-11-01')));
    expect(typedWords('http://x', NOW)['q']).toBe('http://x');
    expect(typedWords('', NOW)['q']).toBeUndefined();
  });
});

describe('the timeline of a job', () => {
  const whole = (status: string, trace: JobWhole['trace']): JobWhole => ({
    job: { id: 'j', status, kind: 'echo', createdAt: 0, updatedAt: trace.at(-1)?.at ?? 0 },
    trace,
    steps: [],
    signals: [],
    can: [],
  });
  const step = (at: number, event: string, text = '') => ({ at, event, text });

  it('has its waits and its attempts, one after another', () => {
    const trace = [
      ...[step(0, 'sent'), step(10, 'claimed', 'attempt 1 claimed'), step(30, 'retrying')],
      ...[step(130, 'claimed', 'attempt 2 claimed'), step(135, 'repeated'), step(150, 'completed')],
    ];
    expect(
      barsOf(whole('COMPLETED', trace), 999).map(({ name, from, to, end }) => [
        name,
        from,
        to,
        end,
      ]),
    ).toEqual([
      ['in its queue', 0, 10, 'plain'],
      ['attempt 1', 10, 30, 'warn'],
      ['for its next try', 30, 130, 'plain'],
      ['attempt 2', 130, 150, 'good'],
    ]);
  });

  it('goes on until now for a job that has not ended', () => {
    const bars = barsOf(
      whole('RUNNING', [step(0, 'sent'), step(10, 'claimed', 'attempt 1 claimed')]),
      50,
    );
    expect(bars.at(-1)).toMatchObject({ name: 'attempt 1', from: 10, to: 50, end: 'open' });
  });

  it('has its steps, from their begin to their end', () => {
    const one = { name: 'charge', op: 'step', at: 100, tookMs: 40, tries: 1 };
    const bars = barsOf({ ...whole('RUNNING', []), steps: [one] }, 200);
    expect(bars).toEqual([{ lane: 'step', name: 'charge', from: 60, to: 100, end: 'good' }]);
  });
});

describe('the graph of a balance', () => {
  const entries = [
    { at: 3_000, change: '-20' },
    { at: 2_000, change: '50' },
    { at: 1_000, change: '100' },
  ];

  it('goes from what was before the first entry to what is now', () => {
    const points = balanceGraph('130', 'CRD', entries, 4_000)?.widget.lines[0]?.points ?? [];
    expect(points[0]).toBe(0);
    expect([...new Set(points)]).toEqual([0, 100, 150, 130]);
    expect(points.at(-1)).toBe(130);
  });

  it('is none for fewer than two entries', () => {
    expect(balanceGraph('5', 'CRD', entries.slice(0, 1), 4_000)).toBeUndefined();
  });
});
