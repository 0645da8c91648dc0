import { describe, expect, it } from 'vitest';
import { createMetrics } from '#shared/runtime/emf.ts';

const start = () => {
  const lines: Record<string, unknown>[] = [];
  const metrics = createMetrics('Sheratan-dev', 'worker', (line) => lines.push(JSON.parse(line)));
  return { lines, metrics };
};

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}
const directivesOf = (line: Record<string, unknown> | undefined): readonly Directive[] =>
  (line?.['_aws'] as { CloudWatchMetrics?: Directive[] } | undefined)?.CloudWatchMetrics ?? [];

describe('metrics of an invocation', () => {
  it('are one line, whatever was added', () => {
    const { lines, metrics } = start();
    metrics.addMetric('JobsCompleted', 'Count', 3);
    metrics.addUsage('TableWriteUnits', 'Count', 6);
    for (const ms of [5, 7]) metrics.addOfKind('echo', 'JobTimeToStart', 'Milliseconds', ms);
    metrics.flush(1_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      _aws: { Timestamp: 1_000 },
      service: 'worker',
      kind: 'echo',
      JobsCompleted: [3],
      TableWriteUnits: [6],
      JobTimeToStart: [5, 7],
    });
    expect(directivesOf(lines[0]).map(({ Dimensions }) => Dimensions)).toEqual([
      [['service']],
      [[]],
      [['service'], ['service', 'kind']],
    ]);
  });

  it('are those that are to be emitted, and no line where none is', () => {
    const lines: Record<string, unknown>[] = [];
    const write = (line: string) => lines.push(JSON.parse(line));
    const metrics = createMetrics('Sheratan-dev', 'worker', write, (name) => name === 'JobsDead');
    const add = (): void => {
      metrics.addMetric('JobsCompleted', 'Count', 3);
      metrics.addUsage('TableWriteUnits', 'Count', 6);
      metrics.addOfKind('echo', 'JobTimeToStart', 'Milliseconds', 5);
      metrics.flush(1_000);
    };
    add();
    expect(lines).toEqual([]);
    metrics.addMetric('JobsDead', 'Count', 1);
    add();
    expect(lines).toMatchObject([{ service: 'worker', JobsDead: [1] }]);
    expect(Object.keys(lines[0] ?? {}).sort()).toEqual(['JobsDead', '_aws', 'service']);
  });

  it('are one more line for each other kind, which repeats nothing', () => {
    const { lines, metrics } = start();
    metrics.addMetric('JobsCompleted', 'Count', 2);
    metrics.addOfKind('echo', 'JobAttempts', 'Count', 1);
    metrics.addOfKind('read_file', 'JobAttempts', 'Count', 2);
    metrics.flush(0);
    expect(lines.map((line) => [line['kind'], line['JobsCompleted'], line['JobAttempts']])).toEqual(
      [
        ['echo', [2], [1]],
        ['read_file', undefined, [2]],
      ],
    );
  });

  it('are on as many lines as CloudWatch needs for many values, and none is lost', () => {
    const { lines, metrics } = start();
    for (let n = 0; n < 250; n += 1) metrics.addMetric('ProbeLatency', 'Milliseconds', n);
    metrics.flush(0);
    const values = lines.flatMap((line) => line['ProbeLatency'] as number[]);
    expect(lines.map((line) => (line['ProbeLatency'] as number[]).length)).toEqual([100, 100, 50]);
    expect(values).toEqual(Array.from({ length: 250 }, (_, n) => n));
  });

  it('are forgotten once written, and no line when there are none', () => {
    const { lines, metrics } = start();
    metrics.flush(0);
    metrics.addMetric('EndsRelayed', 'Count', 1);
    metrics.flush(0);
    metrics.flush(0);
    expect(lines).toHaveLength(1);
  });
});
