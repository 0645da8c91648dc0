import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { defineJob } from '#shared/jobs/kinds/defineJob.ts';
import { EnqueueError, PermanentError } from '#shared/jobs/kinds/errors.ts';
import { LeftBehindError, originOf } from '#shared/jobs/worker/attempt/asyncOrigin.ts';
import { runAttempt } from '#shared/jobs/worker/attempt/runHandler.ts';

const quiet = (): void => undefined;
const missing = (): never => expect.unreachable();

/** An attempt of 30 s. */
const attempt = (run: () => Promise<unknown>, now = () => 0) => {
  const context = {
    jobId: 'j',
    attempt: 1,
    snoozes: 0,
    correlationId: 'j',
    clock: { now },
    progress: quiet,
    results: missing,
    enqueue: missing,
    dispatch: missing,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    workspaces: { list: missing, read: missing, write: missing },
    http: { request: missing },
  };
  const definition = defineJob({ kind: 'k', payload: v.unknown(), run });
  const steps = {
    step: missing,
    sleep: missing,
    sleepUntil: missing,
    waitFor: missing,
    call: missing,
    all: missing,
    race: missing,
    sendSignal: missing,
    signalUrl: missing,
  };
  const suspended = new Promise<never>(quiet);
  return runAttempt(definition, null, context, new AbortController(), 30, {
    steps,
    stop: quiet,
    suspended,
    unwinding: false,
    unwound: suspended,
    handled: quiet,
    unasked: () => [],
    owes: () => false,
  });
};

/** One whose handler lets so many ms pass before it lets go. */
const held = (ms: number) => {
  let now = 0;
  const run = () => {
    now += ms;
    return Promise.resolve('done');
  };
  return attempt(run, () => now);
};

describe('work that lets go of nothing', () => {
  it('is as good as any other within its time', async () => {
    expect(await held(29_999)).toEqual({ kind: 'complete', result: '"done"' });
  });

  it('beyond its time is told as that', async () => {
    expect(await held(42_000)).toMatchObject({
      kind: 'retry',
      fault: {
        code: 'TIMEOUT',
        message:
          'timed out after 30 s: a synchronous loop held its worker for 42 s, and no signal could end it',
      },
    });
  });
});

describe('what nobody caught', () => {
  it.each([
    ['fail', new PermanentError('never', { code: 'GONE' }), 'GONE', 'never'],
    ['fail', new EnqueueError('CHILD_ID_TAKEN', 'taken'), 'CHILD_ID_TAKEN', 'enqueue: taken'],
    ['retry', new TypeError('oops'), 'TypeError', 'oops'],
  ])(
    'ends its attempt as it would have when thrown: to %s',
    async (kind, thrown, code, message) => {
      const caught = await attempt(() => Promise.reject(thrown));
      const left = await attempt(() => {
        originOf()?.fail(new LeftBehindError('unhandled rejection', thrown));
        return new Promise(() => undefined);
      });
      expect(caught).toMatchObject({ kind, fault: { code, message } });
      expect(left).toMatchObject({
        kind,
        fault: { code, message: `unhandled rejection: ${message}` },
      });
    },
  );
});
