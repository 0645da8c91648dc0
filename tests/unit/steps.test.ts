/** What steps promise to a handler, run by `runJob`: every wait ends the run, and a new run begins. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MeshError } from '#client/errors.ts';
import { runJob, type TestContext } from '#client/testing.ts';
import { defineJob, type JobContext } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import { StepError, WaitTimeoutError } from '#shared/jobs/steps/errors.ts';

const run = (handler: (context: JobContext) => Promise<unknown>, context: TestContext = {}) => {
  const retry = { maxAttempts: 3, baseSeconds: 60, jitter: 'none' } as const;
  const job = defineJob({
    kind: 'test',
    payload: v.unknown(),
    retry,
    run: (_payload, given) => handler(given),
  });
  return runJob(job, null, context);
};

/** Notes what was done, so that a test sees what was done twice. */
const notebook = () => {
  const done: string[] = [];
  return {
    done,
    did: <T>(what: string, result: T): T => {
      done.push(what);
      return result;
    },
  };
};

describe('a step', () => {
  it('is done once, however often the job runs', async () => {
    const { done, did } = notebook();
    const { result } = await run(async ({ step, sleep }) => {
      const a = await step('a', () => did('a', 1));
      await sleep('day', { days: 1 });
      const b = await step('b', () => did('b', a + 1));
      await sleep('year', { days: 365 });
      return step('c', () => did('c', a + b));
    });
    expect(result).toBe(3);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('gives the same value the first time and later: what JSON makes of the result', async () => {
    const seen: unknown[] = [];
    await run(async ({ step, sleep }) => {
      seen.push(await step('date', () => ({ at: new Date(0), none: undefined })));
      seen.push(await step('nothing', () => undefined));
      await sleep('day', { days: 1 });
    });
    expect(seen.slice(0, 2)).toEqual(seen.slice(2));
    expect(seen[0]).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('is tried again by its policy, and the handler sees no error of a try', async () => {
    const tries: number[] = [];
    const { result, journal } = await run(({ step }) =>
      step('flaky', ({ try: number }) => {
        tries.push(number);
        return number < 3 ? Promise.reject(new RetryableError('busy')) : 'done';
      }),
    );
    expect(result).toBe('done');
    expect(tries).toEqual([1, 2, 3]);
    expect(journal).toEqual([{ op: 'step', name: 'flaky', tries: 3, result: 'done' }]);
  });

  it.each([
    ['its tries are used up', new Error('no'), 3],
    ['the error is permanent', new PermanentError('no', { code: 'GONE' }), 1],
  ])('fails for good when %s, with the same error in each run', async (_why, error, most) => {
    let tries = 0;
    const caught: unknown[] = [];
    await run(async ({ step, sleep }) => {
      const fail = () => {
        tries += 1;
        throw error;
      };
      await step('bad', fail).catch((thrown) => caught.push(thrown));
      await sleep('day', { days: 1 });
    });
    expect(tries).toBe(most);
    expect(caught).toHaveLength(2);
    expect(caught[0]).toBeInstanceOf(StepError);
    expect(caught[0]).toMatchObject({ step: 'bad', message: 'no' });
    expect(caught[1]).toMatchObject({ ...(caught[0] as StepError) });
  });

  it('that takes too long is aborted', async () => {
    const handler = ({ step }: JobContext) =>
      step(
        'slow',
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
        {
          timeoutSeconds: 0.01,
          retry: { maxAttempts: 1 },
        },
      );
    await expect(run(handler)).rejects.toMatchObject({ code: 'TIMEOUT', step: 'slow' });
  });

  it('fails where the test says so', async () => {
    const handler = ({ step }: JobContext) => step('charge', () => 'paid');
    const { journal } = await run(handler, { failures: { charge: 2 } });
    expect(journal).toMatchObject([{ name: 'charge', tries: 3, result: 'paid' }]);
    const broke = run(handler, { failures: { charge: new PermanentError('broke') } });
    await expect(broke).rejects.toMatchObject({ name: 'StepError', message: 'broke' });
  });
});

describe('what steps refuse', () => {
  it.each<[string, (context: JobContext) => Promise<unknown>]>([
    [
      'STEP_NAME_TAKEN',
      async ({ step, sleep }) => {
        await step('a', () => 1);
        await sleep('a', { days: 1 });
      },
    ],
    ['STEP_NAME_INVALID', ({ step }) => step('a\nb', () => 1)],
    ['STEP_NAME_INVALID', ({ step }) => step('', () => 1)],
    ['DURATION_INVALID', ({ sleep }) => sleep('a', { days: 400 })],
    ['DURATION_INVALID', ({ sleep }) => sleep('a', { hours: -1 })],
    ['DURATION_INVALID', ({ sleepUntil }) => sleepUntil('a', Number.NaN)],
    ['CONCURRENCY_INVALID', ({ all }) => all([1], () => 1, { concurrency: 0 })],
    ['SIGNAL_TOO_LARGE', ({ sendSignal }) => sendSignal('job', 'a', 'x'.repeat(65_536))],
  ])('by the name %s', async (code, handler) => {
    await expect(run(handler)).rejects.toMatchObject({ name: 'StepUseError', code });
  });

  it.each<[string, unknown]>([
    ['RESULT_TOO_LARGE', 'x'.repeat(20_000_000)],
    ['RESULT_NOT_JSON', 1n],
  ])('a result, by the name %s', async (code, result) => {
    const handler = ({ step }: JobContext) => step('a', () => result);
    await expect(run(handler)).rejects.toMatchObject({ name: 'StepError', step: 'a', code });
  });

  it('a step inside of a step', async () => {
    const nested = ({ step }: JobContext) => step('outer', () => step('inner', () => 1));
    await expect(run(nested)).rejects.toMatchObject({ code: 'STEP_NESTED' });
  });

  it('another kind of step under a kept name', async () => {
    let runs = 0;
    const changed = async ({ step, sleep, call }: JobContext) => {
      runs += 1;
      await (runs === 1 ? step('a', () => 1) : call('other', null, { name: 'a' }));
      await sleep('day', { days: 1 });
    };
    await expect(run(changed)).rejects.toMatchObject({ code: 'STEP_CHANGED' });
  });

  it('more steps than a job may have', async () => {
    const many = async ({ step }: JobContext) => {
      for (let n = 0; n <= 5_000; n += 1) await step(`n ${n}`, () => n);
    };
    await expect(run(many)).rejects.toMatchObject({ code: 'STEPS_MAX' });
  });
});

describe('a wait', () => {
  it('runs no catch and no finally of the handler', async () => {
    const { done, did } = notebook();
    await run(async ({ sleep }) => {
      try {
        await sleep('day', { days: 1 });
        did('woken', 0);
      } catch {
        did('catch', 0);
      } finally {
        did('finally', 0);
      }
    });
    expect(done).toEqual(['woken', 'finally']);
  });

  it('ends the run only when all branches wait, and each branch goes on at its time', async () => {
    const { done, did } = notebook();
    let runs = 0;
    const { journal } = await run(async ({ step, sleep }) => {
      runs += 1;
      await Promise.all([
        sleep('week', { days: 7 }).then(() => step('weekly', () => did('weekly', 0))),
        sleep('day', { days: 1 }).then(() => step('daily', () => did('daily', 0))),
        step('now', () => did('now', 0)),
      ]);
    });
    expect(done).toEqual(['now', 'daily', 'weekly']);
    expect(runs).toBe(3);
    expect(journal.map(({ name }) => name)).toEqual(['now', 'day', 'daily', 'week', 'weekly']);
  });

  it('for a signal gives its data, as the schema gives it', async () => {
    const schema = v.object({ by: v.optional(v.string(), 'nobody') });
    const { result } = await run(({ waitFor }) => waitFor('approval', { schema }), {
      signals: { approval: {} },
    });
    expect(result).toEqual({ by: 'nobody' });
  });

  it('for a signal that does not come in time fails, in each run, and may be caught', async () => {
    const caught: unknown[] = [];
    const { journal } = await run(async ({ waitFor, sleep }) => {
      await waitFor('approval', { timeout: { days: 3 } }).catch((error) => caught.push(error));
      await sleep('day', { days: 1 });
    });
    expect(caught).toHaveLength(2);
    for (const error of caught) expect(error).toBeInstanceOf(WaitTimeoutError);
    expect(journal).toMatchObject([{ op: 'timeout', name: 'approval' }]);
  });

  it('for a signal that never comes is named', async () => {
    const waiting = run(({ waitFor }) => waitFor('approval'));
    await expect(waiting).rejects.toThrow(MeshError);
    await expect(waiting).rejects.toMatchObject({ code: 'NEVER_WOKEN' });
  });
});

describe('a call', () => {
  const handler = ({ call }: JobContext) => call('label', { order: 1 });

  it('returns the result of the other job', async () => {
    const { result, journal } = await run(handler, { calls: { label: (given) => ({ given }) } });
    expect(result).toEqual({ given: { order: 1 } });
    expect(journal).toMatchObject([{ op: 'call', name: 'label' }]);
  });

  it('fails with the error of the other job', async () => {
    const calls = {
      label: () => {
        throw new PermanentError('no paper', { code: 'EMPTY' });
      },
    };
    await expect(run(handler, { calls })).rejects.toMatchObject({
      name: 'StepError',
      code: 'EMPTY',
      message: 'job test-job.label ended DEAD: no paper',
    });
  });
});

it('a call beyond the budget of the test fails, and may be caught', async () => {
  const paid = async ({ call }: JobContext) => {
    const ends: unknown[] = [];
    for (const amount of [3, 3, 2]) {
      const given = {
        name: `${ends.length}`,
        envelope: { cost: { from: 'parent' as const, amount } },
      };
      ends.push(await call('label', {}, given).catch((error: StepError) => error.code));
    }
    return ends;
  };
  const { result } = await run(paid, { budget: 5, calls: { label: () => 'done' } });
  expect(result).toEqual(['done', 'BUDGET_EXCEEDED', 'done']);
});

describe('branches', () => {
  it('run so many at a time, and return in the order of their items', async () => {
    let running = 0;
    let most = 0;
    const { result } = await run(({ all, step }) =>
      all(
        [3, 1, 2],
        (item) =>
          step(`item ${item}`, async () => {
            running += 1;
            most = Math.max(most, running);
            await new Promise((resolve) => setImmediate(resolve));
            running -= 1;
            return item * 10;
          }),
        { concurrency: 2 },
      ),
    );
    expect(result).toEqual([30, 10, 20]);
    expect(most).toBe(2);
  });

  it('stop after a failure, and those that have begun come to their end', async () => {
    const { done, did } = notebook();
    const failing = ({ all, step, sleep }: JobContext) =>
      all(
        ['slow', 'bad', 'late'],
        async (item) => {
          if (item === 'slow') await sleep('hour', { hours: 1 });
          return step(item, () => {
            if (item === 'bad') throw new PermanentError('bad');
            return did(item, item);
          });
        },
        { concurrency: 2 },
      );
    await expect(run(failing)).rejects.toMatchObject({ step: 'bad' });
    expect(done).toEqual(['slow']);
  });

  it('race: the first is kept, and what the others wait for is given up', async () => {
    const { done, did } = notebook();
    let runs = 0;
    const { result, journal } = await run(
      async ({ race, sleep, step, waitFor }) => {
        runs += 1;
        const first = await race('answer', {
          late: async () => {
            await sleep('month', { days: 30 });
            return step('never', () => did('never', 0));
          },
          person: () => waitFor<{ by: string }>('approval'),
        });
        await sleep('day', { days: 1 });
        return first;
      },
      { signals: { approval: { by: 'ada' } } },
    );
    expect(result).toEqual({ winner: 'person', value: { by: 'ada' } });
    expect(done).toEqual([]);
    expect(runs).toBe(2);
    expect(journal.map(({ op, name }) => `${op} ${name}`)).toEqual([
      'signal approval',
      'race answer',
    ]);
  });

  it('race: an error that comes first is the error in each run', async () => {
    const caught: unknown[] = [];
    await run(async ({ race, sleep, step }) => {
      const branches = {
        bad: () => step('bad', () => Promise.reject(new PermanentError('bad'))),
        late: () => sleep('month', { days: 30 }),
      };
      await race('first', branches).catch((error) => caught.push(error.message));
      await sleep('day', { days: 1 });
    });
    expect(caught).toEqual(['bad', 'bad']);
  });
});

it('steps are taken back in reverse order when the handler fails, each once', async () => {
  const { done, did } = notebook();
  const failing = run(async ({ step, sleep }) => {
    const back = (what: string) => ({
      compensate: (result: number) => did(`back ${what} ${result}`, null),
    });
    await step('a', () => did('a', 1), back('a'));
    await sleep('day', { days: 1 });
    await step('b', () => did('b', 2), back('b'));
    await step('c', () => did('c', 3), back('c'));
    await step('d', () => Promise.reject(new PermanentError('no')));
  });
  await expect(failing).rejects.toMatchObject({ step: 'd' });
  expect(done).toEqual(['a', 'b', 'c', 'back c 3', 'back b 2', 'back a 1']);
});

it.each([
  ['is decided', true],
  ['is open', false],
])('steps in the branches of a race that %s are taken back, too', async (_how, isDecided) => {
  const { done, did } = notebook();
  const booked = (context: JobContext, name: string) =>
    context.step(name, () => did(name, name), { compensate: () => did(`no ${name}`, null) });
  const handler = async (context: JobContext) => {
    await booked(context, 'flight');
    const raced = context.race('first', {
      late: async () => {
        await booked(context, 'room');
        await context.sleep('a week', { days: 7 });
      },
      soon: async () => {
        await booked(context, 'car');
        await context.sleep('an hour', { hours: isDecided ? 1 : 200 });
      },
    });
    const fails = async () => {
      await context.sleep('a day', { days: 1 });
      throw new PermanentError('no');
    };
    await Promise.all([raced, fails()]);
  };
  await expect(run(handler)).rejects.toThrow('no');
  expect(done.slice(0, 3)).toEqual(['flight', 'room', 'car']);
  expect(done.slice(3).sort()).toEqual(['no car', 'no flight', 'no room']);
  expect(done.at(-1)).toBe('no flight');
});
