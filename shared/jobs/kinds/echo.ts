/** `echo`: gives its payload back; `delayMs` in it makes it wait first, to see a mesh at work. */
import { setTimeout as wait } from 'node:timers/promises';
import * as v from 'valibot';
import { defineJob } from './defineJob.ts';

const DELAY_MS_MAX = 600_000;

const delayed = v.looseObject({
  delayMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(DELAY_MS_MAX))),
});

export const echo = defineJob({
  kind: 'echo',
  payload: v.union([
    // Before the object, which would take a list too and make an object of it.
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
