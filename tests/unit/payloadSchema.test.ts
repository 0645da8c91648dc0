/** Payload schemas of other libraries than valibot: their types, what they give, what they refuse. */
import { type } from 'arktype';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { runJob } from '#client/testing.ts';
import { checkPayload } from '#shared/jobs/envelope/envelope.ts';
import { defineJob, type JobDefinition } from '#shared/jobs/kinds/defineJob.ts';
import type { PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';

const run = async (payload: { readonly width: number; readonly tags: readonly string[] }) =>
  `${payload.width} ${payload.tags.join()}`;

const byZod = defineJob({
  kind: 'by.zod',
  payload: z.object({ width: z.number().int(), tags: z.array(z.string()).default(['none']) }),
  run,
});
const byArktype = defineJob({
  kind: 'by.arktype',
  payload: type({ width: 'number.integer', tags: type('string[]').default(() => ['none']) }),
  run,
});

it('gives the handler its output, typed, defaults too', async () => {
  const zod = await runJob(byZod, { width: 5 });
  const arktype = await runJob(byArktype, { width: 5 });
  expectTypeOf(zod.result).toEqualTypeOf<string>();
  expect([zod.result, arktype.result]).toEqual(['5 none', '5 none']);
});

describe.each<[string, JobDefinition]>([
  ['zod', byZod],
  ['arktype', byArktype],
])('a payload schema of %s', (_name, job) => {
  it.each([
    ['a field of another type', { width: 'wide' }, /^payload\.width: /],
    ['a field that is missing', {}, /^payload\.width: /],
    ['an item far inside', { width: 1, tags: ['a', 5] }, /^payload\.tags\.1: /],
    ['no object', 'text', /^payload: /],
  ])('refuses %s with its place', (_what, payload, message) => {
    expect(checkPayload(job, payload)).toMatchObject({
      ok: false,
      error: { code: 'PAYLOAD_INVALID', message: expect.stringMatching(message) },
    });
  });
});

describe('a schema that is none for payloads', () => {
  const schemaOf = (validate: PayloadSchema['~standard']['validate']): PayloadSchema => ({
    '~standard': { version: 1, vendor: 'test', validate },
  });
  const judged = (validate: PayloadSchema['~standard']['validate']) =>
    checkPayload(defineJob({ kind: 'k', payload: schemaOf(validate), run: async () => 1 }), {});

  it.each([
    ['answers later', () => Promise.resolve({ value: 1 }), /validates asynchronously/],
    ['rejects later', () => Promise.reject(new Error('late')), /validates asynchronously/],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      /threw Error: broken/,
    ],
    ['refuses without a reason', () => ({ issues: [] }), /invalid/],
  ])('%s: the payload is refused, by name', (_what, validate, message) => {
    expect(judged(validate)).toMatchObject({
      ok: false,
      error: { code: 'PAYLOAD_INVALID', message: expect.stringMatching(message) },
    });
  });
});
