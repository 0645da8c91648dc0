/**
 * `echo`: returns its payload. With `delayMs` in the payload it waits first, to show a mesh at
 * work.
 */
import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { defineJob } from './defineJob.ts';

const DELAY_MS_MAX = 600_000;

const delayed = v.looseObject({
  delayMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(DELAY_MS_MAX))),
});

/** `delayMs` is at most 10 minutes; an attempt still ends at the job's timeout. */
export const echo = defineJob({
  kind: 'echo',
  payload: v.union([
    // The array comes first, because the object schema would also take an array, as an object.
    v.array(v.unknown()),
    delayed,
    v.string(),
    v.number(),
    v.boolean(),
    v.null(),
    v.undefined(),
  ]),
  run: async (payload, { signal }) => {
    const delayMs = v.is(delayed, payload) ? payload.delayMs : undefined;
    if (delayMs) await wait(delayMs, undefined, { signal });
    return payload;
  },
});
