/** What the doctor says of the account's concurrent executions: numbers, and what to do. */
import { describe, expect, it } from 'vitest';
import { checkConcurrency } from '#cli/doctor/concurrency.ts';
import type { FunctionState, MappingState, Quota } from '#client/machinery.ts';
import type { OptionalFunction } from '#shared/contracts/functions.ts';

const AT = 'arn:aws:lambda:eu-central-1:1:function:sheratan-dev-';
const mappingOf = (
  source: string,
  name: string,
  atOnce: number | undefined,
  service = 'sqs',
): MappingState => ({
  id: `${source}-${name}`,
  state: 'Enabled',
  reason: '',
  lastResult: '',
  sourceArn: `arn:aws:${service}:eu-central-1:1:${source}`,
  functionArn: `${AT}${name}`,
  atOnce,
});
const functionOf = (name: string, reserved?: number): FunctionState => ({
  arn: `${AT}${name}`,
  state: 'Active',
  reason: '',
  ...(reserved !== undefined && { reserved }),
});
const quota = (limit: number, unreserved = limit): Quota => ({ known: true, limit, unreserved });

/** As the default configuration is: two of the worker's four queues will do. */
const mappings = (queue = 20, probes = 120) => [
  mappingOf('jobs-high.fifo', 'worker:live', queue),
  mappingOf('jobs-low.fifo', 'worker:live', queue),
  mappingOf('postings.fifo', 'settler', Math.min(queue, 10)),
  mappingOf('probes', 'prober', probes),
  mappingOf('table/jobs/stream/1', 'relay', 4, 'dynamodb'),
];
const urls = (...names: readonly OptionalFunction[]) =>
  new Map(names.map((name) => [`sheratan-dev-${name}`, name]));
const functions = (reserved?: number) => [
  functionOf('prober'),
  functionOf('relay'),
  functionOf('settler', reserved),
  functionOf('timekeeper', reserved && 2),
  functionOf('worker:live'),
];

describe('concurrent executions', () => {
  it('are enough where the account has as many as may be asked for', () => {
    expect(checkConcurrency(quota(1_000), mappings(), functions(), urls())).toEqual([
      {
        check: 'concurrency',
        level: 'ok',
        detail: '175 executions at once at most; the account has 1000',
      },
    ]);
  });

  it('are too few in a small account: who asks for how many, and what to do', () => {
    expect(checkConcurrency(quota(10), mappings(), functions(), urls())).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail:
          'the functions may ask for 175 executions at once (sheratan-dev-prober 120, sheratan-dev-worker 40, sheratan-dev-settler 10, sheratan-dev-relay 4, sheratan-dev-timekeeper 1), and the account has 10 of 10 for all that reserve none: what is throttled comes back later, jobs after up to 15 min',
        fix: expect.stringMatching(
          /^set account to "small" and deploy, or have the quota raised \(aws service-quotas .*L-B99A9384/,
        ),
      },
    ]);
  });

  it('are too few in an account that others use: maxConcurrency can be lowered', () => {
    const [finding] = checkConcurrency(quota(1_000, 150), mappings(), functions(), urls());
    expect(finding).toMatchObject({
      level: 'warning',
      detail: expect.stringContaining('the account has 150 of 1000'),
      fix: expect.stringMatching(/^lower maxConcurrency, or have the quota raised/),
    });
  });

  it('that are at the least that AWS allows leave only the quota', () => {
    const [finding] = checkConcurrency(quota(10), mappings(2, 2), functions(), urls());
    expect(finding).toMatchObject({
      detail: expect.stringContaining('may ask for 13 executions'),
      fix: expect.stringMatching(/^no mapping can ask for less: have the quota raised/),
    });
  });

  it('that are reserved are nobody else’s: they do not count', () => {
    expect(checkConcurrency(quota(1_000, 988), mappings(), functions(10), urls())).toMatchObject([
      { level: 'ok', detail: '164 executions at once at most; the account has 988' },
    ]);
  });

  it('that are reserved may be fewer than the mappings ask for', () => {
    expect(checkConcurrency(quota(1_000, 990), mappings(), functions(5), urls())).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail:
          'sheratan-dev-settler has 5 executions reserved, and its mappings may ask for 10: the rest is throttled',
        fix: 'aws lambda put-function-concurrency --function-name sheratan-dev-settler --reserved-concurrent-executions 10',
      },
    ]);
  });

  it('have no bound where a mapping lost its maximum', () => {
    const lost = mappingOf('results.fifo', 'reporter', undefined);
    const all = [...functions(), functionOf('reporter')];
    expect(checkConcurrency(quota(1_000), [...mappings(), lost], all, urls())).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail:
          'the mapping of results.fifo has no maximum: sheratan-dev-reporter may take all executions of the account',
        fix: 'it was changed by hand: deploy the stack again',
      },
    ]);
  });

  it('have no bound where everybody may call a function', () => {
    const check = (limit: number, more: readonly FunctionState[]) => {
      const byUrl = more.length > 1 ? urls('signals', 'api') : urls('signals');
      return checkConcurrency(quota(limit), mappings(), [...functions(), ...more], byUrl);
    };
    const detail =
      'sheratan-dev-signals has a public URL and no bound: whoever calls it often takes all 1000 executions of the account';
    const both = [functionOf('signals'), functionOf('api')];
    expect(check(1_000, both)).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail,
        fix: 'set account to "large" and deploy: it gives the function a bound',
      },
    ]);
    expect(check(10, [functionOf('signals')])[0]?.fix).toMatch(
      /^have the quota raised to 122 or more \(aws service-quotas .*\), then set account to "large"/,
    );
    expect(check(131, both)[0]?.fix).toMatch(/^have the quota raised to 132 or more/);
    expect(check(1_000, [functionOf('signals', 10), functionOf('api')])).toMatchObject([
      {
        level: 'ok',
        detail:
          '175 executions at once at most, and those of sheratan-dev-api; the account has 1000',
      },
    ]);
    const gone: FunctionState = { arn: `${AT}signals`, state: undefined, reason: '' };
    expect(check(1_000, [gone])).toMatchObject([{ level: 'ok' }]);
  });

  it.each(['signals', 'api'])('are those of a pool, also where it is called %s', (pool) => {
    const all = [...functions(), functionOf(`worker-${pool}`)];
    const pooled = [...mappings(), mappingOf('jobs-pool.fifo', `worker-${pool}`, 500)];
    expect(checkConcurrency(quota(600), pooled, all, urls())).toMatchObject([
      { level: 'warning', detail: expect.stringContaining('may ask for 675 executions at once') },
    ]);
  });

  it('are left out, with the reason, of a server that does not tell', () => {
    const unknown: Quota = { known: false, reason: 'it does not know GetAccountSettings' };
    expect(checkConcurrency(unknown, mappings(), functions(), urls())).toEqual([
      {
        check: 'concurrency',
        level: 'ok',
        detail: 'left out: it does not know GetAccountSettings',
      },
    ]);
  });
});
