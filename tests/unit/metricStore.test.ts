import { describe, expect, it } from 'vitest';
import { recordLine } from '#emulator/dashboard/emf.ts';
import { drawWidget } from '#emulator/dashboard/render.ts';
import { BINS, binOf, createStore, PERIOD_SECONDS } from '#emulator/dashboard/store.ts';
import type { MetricRef, Stat, Widget } from '#infra/monitoring/spec.ts';
import { createMetrics } from '#shared/runtime/emf.ts';

const AT = 1_700_000_000_000;
const FIRST = binOf(AT);
const BIN_MS = PERIOD_SECONDS * 1_000;

/** Two bins of what a worker prints. */
const filled = () => {
  const store = createStore();
  const metrics = createMetrics('N', 'worker', (line) => recordLine(line, store));
  for (const ms of [10, 20, 30, 40]) metrics.addOfKind('echo', 'Took', 'Milliseconds', ms);
  metrics.addOfKind('read_file', 'Took', 'Milliseconds', 100);
  metrics.addMetric('Jobs', 'Count', 5);
  metrics.addUsage('Units', 'Count', 7);
  metrics.flush(AT);
  metrics.addMetric('Jobs', 'Count', 2);
  metrics.flush(AT + BIN_MS);
  return store;
};

const ref = (name: string, stat: Stat, dimensions = {}): MetricRef => ({
  namespace: 'N',
  name,
  stat,
  dimensions: { service: 'worker', ...dimensions },
});

describe('what functions print', () => {
  it.each([
    ['Sum', 200],
    ['Average', 40],
    ['Minimum', 10],
    ['Maximum', 100],
    ['p50', 30],
    ['p99', 100],
  ] as const)('is asked for by its statistic: %s', (stat, value) => {
    expect(filled().points(ref('Took', stat), FIRST, 2)).toEqual([value, undefined]);
  });

  it('is there by kind, in all, and without a dimension', () => {
    const store = filled();
    expect(store.points(ref('Took', 'Sum', { kind: 'echo' }), FIRST, 1)).toEqual([100]);
    expect(store.search(ref('Took', 'Maximum'), 'kind', FIRST, 1)).toEqual([
      ['echo', [40]],
      ['read_file', [100]],
    ]);
    const units = { namespace: 'N', name: 'Units', dimensions: {}, stat: 'Sum' } as const;
    expect(store.points(units, FIRST, 1)).toEqual([7]);
  });

  it('is forgotten when the window has gone by', () => {
    const store = filled();
    store.record(ref('Jobs', 'Sum'), [1], AT + (BINS + 1) * BIN_MS);
    expect(store.points(ref('Jobs', 'Sum'), FIRST, 2)).toEqual([undefined, 2]);
  });

  it('is no metric when it is any other line', () => {
    const store = createStore();
    for (const text of ['', 'text', '{"level":"INFO"}', '{"_aws":', '{"_aws":{}}'])
      recordLine(text, store);
    expect(store.search(ref('Took', 'Sum'), 'kind', FIRST, 1)).toEqual([]);
  });
});

describe('a widget', () => {
  it('draws metrics, expressions and one line a kind, and leaves out what is hidden', () => {
    const widget: Widget = {
      title: 'W',
      view: 'lines',
      unit: 'jobs',
      series: [
        { kind: 'metric', label: 'jobs', id: 'j', hidden: true, metric: ref('Jobs', 'Sum') },
        { kind: 'math', label: 'twice', expression: '2*j' },
        { kind: 'search', label: 'Sum', metric: ref('Took', 'Sum'), by: 'kind' },
      ],
    };
    expect(drawWidget(widget, filled(), { first: FIRST, length: 2 })).toEqual([
      { label: 'twice', points: [10, 4] },
      { label: 'echo Sum', points: [100, undefined] },
      { label: 'read_file Sum', points: [100, undefined] },
    ]);
  });
});
