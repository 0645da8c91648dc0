import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { itemsOfBytes } from '#cli/input/input.ts';
import { hintsOf, parseEnvelope } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { nameFault } from '#shared/kernel/names.ts';
import type { Result } from '#shared/kernel/result.ts';
import { envelopeOfJobFile } from '#shared/legacy/jobFile.ts';
import { ANSWER_MS_MAX, FUZZ, FUZZ_TIMEOUT_MS } from '../support/fuzz.ts';

const run = () => Promise.resolve(null);
const kinds = kindsOf([
  defineJob({ kind: 'echo', payload: v.unknown(), run }),
  defineJob({
    kind: 'odd',
    payload: v.pipe(
      v.unknown(),
      v.transform((value) => Object.keys(value as object).length),
    ),
    run,
  }),
]);

/** Pieces of JSON, to be put together rightly and wrongly. */
const piece = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', '\\ud83d', '\\u2028', 'null', 'true'],
  ...['"kind":"echo"', '"id":"a"', '"__proto__":', '"constructor":1', '"payload":', '"runAt":'],
  ...['"2027-02-30T00:00:00Z"', '1e400', '12345678901234567890', '-0', '1.5', ' ', '\n', '\ufeff'],
  ...['{"$result":"a"}', '"Records":[{"eventSource":"aws:s3"}]', '"TopicArn":"t"', 'é', '🚚'],
);
const repeated = fc
  .tuple(piece, fc.integer({ min: 1, max: LIMITS.envelopeBytesMax }))
  .map(([text, bytes]) => text.repeat(Math.max(1, Math.floor(bytes / text.length))));
const soup = fc
  .array(fc.oneof({ weight: 20, arbitrary: piece }, repeated), { maxLength: 20 })
  .map((parts) => parts.join(''));

/** Any UTF-16, halves of surrogate pairs among it. */
const units = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });

/** The right fields with wrong things in them. */
const name = fc.oneof(units, fc.constantFrom('a', 'constructor', ''));
const odd = fc.oneof(name, fc.jsonValue({ maxDepth: 3 }), fc.double(), fc.constant('1e999'));
const shaped = fc
  .record(
    {
      kind: fc.constantFrom('echo', 'odd', 'nope', 7),
      payload: odd,
      id: odd,
      source: odd,
      idempotencyKey: odd,
      group: odd,
      runAt: odd,
      dependsOn: odd,
      deadlineSeconds: odd,
      retry: odd,
      cost: odd,
      callback: odd,
      chain: odd,
      schedule: odd,
    },
    { requiredKeys: ['kind'] },
  )
  .map((fields) => JSON.stringify(fields).replaceAll('"1e999"', '1e999'));

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString());
const body = fc.oneof(soup, shaped, anyBytes, fc.json(), units);

const expectIssue = ({ code, path, message }: EnvelopeIssue): void => {
  expect(code).toMatch(/^[A-Z_]+$/);
  expect(message.length).toBeGreaterThan(0);
  expect(message.length).toBeLessThanOrEqual(LIMITS.errorMessageMax);
  expect(path.length).toBeLessThanOrEqual(LIMITS.issuePathMax);
  expect(message.isWellFormed() && path.isWellFormed()).toBe(true);
};

const answered = <T>(ask: () => Result<T, EnvelopeIssue>): Result<T, EnvelopeIssue> => {
  const start = performance.now();
  const answer = ask();
  expect(performance.now() - start).toBeLessThan(ANSWER_MS_MAX);
  if (!answer.ok) expectIssue(answer.error);
  return answer;
};

describe('fuzz', { timeout: FUZZ_TIMEOUT_MS }, () => {
  it('the envelope parser answers every body, and what it takes it takes again', () => {
    fc.assert(
      fc.property(body, (text) => {
        const worker = answered(() => parseEnvelope(text, kinds));
        const sender = answered(() => parseOutgoing(text, kinds));
        for (const hint of Object.values(hintsOf(text))) expect(nameFault(hint)).toBeUndefined();
        if (!worker.ok) return;
        expect(sender.ok).toBe(true);
        const again = parseEnvelope(JSON.stringify(JSON.parse(text)), kinds);
        expect(again.ok && again.value.contentHash).toBe(worker.value.contentHash);
      }),
      FUZZ,
    );
  });

  it('files of the command become items, whatever their bytes', () => {
    const file = fc.oneof(
      body.map((text) => Buffer.from(text)),
      fc.uint8Array(),
      fc
        .array(fc.uint8Array({ maxLength: 20 }))
        .map((lines) => Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))),
    );
    fc.assert(
      fc.property(file, (bytes) => {
        for (const { where, body: text, fault } of itemsOfBytes('f', bytes)) {
          expect(where).toMatch(/^f/);
          expect(text === '').toBe(fault !== undefined);
        }
      }),
      FUZZ,
    );
  });

  it('items of an array are sent as they are written', () => {
    const space = fc.stringMatching(/^[ \t\r\n]*$/);
    const item = fc.oneof(fc.json(), fc.constantFrom('12345678901234567890', '"]\\",["', '1e400'));
    fc.assert(
      fc.property(fc.array(fc.tuple(space, item, space)), space, (items, around) => {
        const text = `${around}[${items.map((parts) => parts.join('')).join(',')}${around}]`;
        const read = itemsOfBytes('f', Buffer.from(text)).map((each) => each.body);
        expect(read).toEqual(items.map(([, written]) => written.trim()));
      }),
      FUZZ,
    );
  });

  it("the original's job files become envelopes, or say why not", () => {
    const params = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(name, odd));
    const jobFile = fc.record(
      {
        job_id: odd,
        kind: odd,
        payload: fc.record(
          {
            mission: fc.oneof(fc.record({ id: odd, user_id: odd }), odd),
            task: fc.oneof(fc.record({ id: odd, params }), odd),
            params,
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    const files = fc.oneof(
      jobFile.map((value) => JSON.stringify(value)),
      body,
    );
    fc.assert(
      fc.property(files, (text) => {
        const mapped = envelopeOfJobFile(text, 'x.job.json');
        if (!mapped.ok) {
          expect(mapped.error.message).toMatch(/^x\.job\.json: ./);
          return;
        }
        answered(() => parseEnvelope(JSON.stringify(mapped.value), kinds));
      }),
      FUZZ,
    );
  });
});
