/** How many executions the functions may ask for, by the account that they run in. */
import { describe, expect, inject, it } from 'vitest';
import { concurrencyOf } from '#infra/concurrency.ts';
import { namedResourcesIn, type Resource } from '../support/assembly.ts';
import { described } from '../support/described.ts';

type Named = Readonly<Record<string, Resource>>;
const URLS = { signalUrls: 'true', http: 'true' };
const of = (account: string, more: Readonly<Record<string, string>> = {}): Named =>
  namedResourcesIn(described({ account, ...more }));
const byAccount = {
  small: of('small'),
  any: namedResourcesIn(inject('assemblyDir')),
  large: of('large'),
};

const verbOf = (named: Named, reference: unknown): string => {
  const text = JSON.stringify(reference);
  const id = Object.keys(named).find((each) => text.includes(`"${each}"`)) ?? '';
  const { FunctionName } = named[id]?.Properties ?? {};
  if (typeof FunctionName === 'string') return FunctionName.replace('sheratan-dev-', '');
  return verbOf(named, FunctionName);
};

/** Of the mappings of queues, by function; those of the worker in the order of the priorities. */
const maxima = (named: Named) => {
  const found = Object.values(named).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::Lambda::EventSourceMapping' || Properties['StartingPosition']) return [];
    const { MaximumConcurrency } = Properties['ScalingConfig'] as { MaximumConcurrency: number };
    return [[verbOf(named, Properties['FunctionName']), MaximumConcurrency] as const];
  });
  return Object.fromEntries(
    [...Map.groupBy(found, ([verb]) => verb)].map(([verb, of]) => [verb, of.map(([, n]) => n)]),
  );
};
const reserved = (named: Named) =>
  Object.fromEntries(
    Object.values(named).flatMap(({ Type, Properties }) => {
      const { FunctionName, ReservedConcurrentExecutions } = Properties;
      if (Type !== 'AWS::Lambda::Function' || ReservedConcurrentExecutions === undefined) return [];
      return [[String(FunctionName).replace('sheratan-dev-', ''), ReservedConcurrentExecutions]];
    }),
  );
const perShard = (named: Named): readonly number[] =>
  Object.values(named).flatMap(({ Properties }) =>
    Properties['StartingPosition'] ? [Number(Properties['ParallelizationFactor'] ?? 1)] : [],
  );
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

describe('in any account', () => {
  it('reserves nothing, which AWS refuses in a small one', () => {
    expect(reserved(byAccount.any)).toEqual({});
    expect(maxima(byAccount.any)).toEqual({
      worker: [20, 20, 10, 5],
      reporter: [10],
      settler: [10],
      prober: [120],
    });
    expect(perShard(byAccount.any).toSorted()).toEqual([1, 1, 4]);
  });
});

describe('in a small account', () => {
  it('asks for the least that AWS allows, and reserves nothing', () => {
    expect(reserved(byAccount.small)).toEqual({});
    expect(maxima(byAccount.small)).toEqual({
      worker: [2, 2, 2, 2],
      reporter: [2],
      settler: [2],
      prober: [2],
    });
    expect(perShard(byAccount.small)).toEqual([1, 1, 1]);
  });

  it('leaves two of ten to what runs for seconds, whatever the worker does for minutes', () => {
    expect(10 - sum(maxima(byAccount.small)['worker'] ?? [])).toBe(2);
  });
});

describe('in a large account', () => {
  it('reserves for the settler all that its mapping asks for, and for the timekeeper', () => {
    expect(reserved(byAccount.large)).toEqual({ settler: 10, timekeeper: 2 });
    expect(maxima(byAccount.large)).toEqual(maxima(byAccount.any));
  });

  it('bounds what anybody may ask of the functions with URLs, and takes nothing without them', () => {
    const withUrls = reserved(of('large', URLS));
    expect(withUrls).toEqual({ settler: 10, timekeeper: 2, signals: 10, api: 10 });
  });

  it('leaves the 100 that AWS keeps unreserved in an account of 112', () => {
    expect(112 - sum(Object.values(reserved(byAccount.large)).map(Number))).toBe(100);
  });
});

it('is as it is set, where it is set by itself', () => {
  const settings = { account: 'small', maxConcurrency: { low: 5 }, proberConcurrency: 3 } as const;
  expect(concurrencyOf(settings)).toMatchObject({
    jobs: { critical: 2, high: 2, normal: 2, low: 5 },
    results: 2,
    probes: 3,
  });
});
