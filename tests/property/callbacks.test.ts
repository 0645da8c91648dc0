import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import {
  signedHeaders,
  verifySignature,
  type WebhookHeaders,
  webhookSecret,
} from '#shared/jobs/callbacks/signature.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';

const NOW = 1_800_000_000_000;
const T = NOW / 1_000;

const text = fc.string({ unit: 'binary', maxLength: 40 });
const secret = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);
const id = fc.stringMatching(/^[!-~]{1,40}$/);
const message = fc.record({ secret, id, body: text });
type Message = { readonly secret: string; readonly id: string; readonly body: string };

/** What the documentation says, said again. */
const right = ({ secret, id, body }: Message): string =>
  createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${id}.${T}.${body}`)
    .digest('base64');
const headersOf = (id: unknown, timestamp: unknown, signature: unknown): WebhookHeaders =>
  ({ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }) as never;

/** Runs for two seconds at most, whatever the machine. */
const BOUNDED = { numRuns: 1_000, interruptAfterTimeLimit: 2_000 } as const;

const junk = fc.oneof(
  text,
  fc.string({ unit: 'grapheme', minLength: 44, maxLength: 44 }),
  fc.stringMatching(/^[0-9a-zA-Z+/]{43}=$/),
  fc.constantFrom('', '=', '==', 'é'.repeat(44), '\u{1f600}'.repeat(22), '0'.repeat(44)),
);
const times = fc.oneof(
  fc.constantFrom(` ${T}`, `${T}.0`, `0${T}`, 'NaN', 'Infinity', '1e9', '', undefined, [`${T}`]),
  junk,
);

describe('a signature', () => {
  it('that is ours is right, beside any other and under any secret of a rotation', () => {
    fc.assert(
      fc.property(message, fc.array(secret, { maxLength: 3 }), (of, others) => {
        const headers = signedHeaders([...others, of.secret], of.id, of.body, NOW);
        expect(verifySignature(headers, of, NOW)).toBe(true);
        expect(verifySignature(headers, of, NOW + 301_000)).toBe(false);
      }),
      BOUNDED,
    );
  });

  it('is right for the published library, and that of the published library for us', () => {
    fc.assert(
      fc.property(message, (of) => {
        const now = new Date();
        const headers = signedHeaders([of.secret], of.id, of.body, now.getTime());
        const library = new Webhook(of.secret);
        const read = () => library.verify(JSON.stringify(of.body), headers);
        expect(read).toThrow(WebhookVerificationError);
        const body = JSON.stringify(of.body);
        expect(
          library.verify(body, signedHeaders([of.secret], of.id, body, now.getTime())),
        ).toEqual(of.body);
        const theirs = headersOf(
          of.id,
          String(Math.floor(now.getTime() / 1_000)),
          library.sign(of.id, now, of.body),
        );
        expect(verifySignature(theirs, of, now.getTime())).toBe(true);
      }),
      BOUNDED,
    );
  });

  it('never throws, and is right only with our digest and a time that is written as ours', () => {
    fc.assert(
      fc.property(message, fc.array(junk, { maxLength: 4 }), times, (of, others, time) => {
        const digest = `v1,${right(of)}`;
        const all = [...others, digest].join(' ');
        expect(verifySignature(headersOf(of.id, `${T}`, all), of, NOW)).toBe(true);
        expect(verifySignature(headersOf(of.id, time, all), of, NOW)).toBe(false);
        expect(verifySignature(headersOf(undefined, `${T}`, all), of, NOW)).toBe(false);
        fc.pre(!others.join(' ').split(' ').includes(digest));
        expect(verifySignature(headersOf(of.id, `${T}`, others.join(' ')), of, NOW)).toBe(false);
      }),
      BOUNDED,
    );
  });

  it('with any one character changed, left out or put in is wrong', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(message, change, (of, [position, gone, put]) => {
        const signature = `v1,${right(of)}`;
        const at = position % signature.length;
        const other = signature.slice(0, at) + put + signature.slice(at + gone);
        // A signature more changes nothing.
        fc.pre(other !== signature && !put.includes(' '));
        expect(verifySignature(headersOf(of.id, `${T}`, other), of, NOW)).toBe(false);
      }),
      BOUNDED,
    );
  });

  it.each(['', 'whsec_'])('under the empty key of "%s" is wrong', (empty) => {
    const headers = signedHeaders([empty], 'i', 'b', NOW);
    expect(verifySignature(headers, { secret: empty, body: 'b' }, NOW)).toBe(false);
  });
});

describe('a secret', () => {
  it('that is no base64 signs, too, and is shown in a form that every library reads', () => {
    const set = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(set, (stored) => {
        fc.pre(stored !== 'whsec_');
        const headers = signedHeaders([stored], 'id', 'body', NOW);
        expect(verifySignature(headers, { secret: webhookSecret(stored), body: 'body' }, NOW)).toBe(
          true,
        );
      }),
      BOUNDED,
    );
  });

  it('that the stack made of 43 letters and digits is read by the published library', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-zA-Z]{43}$/), (stored) => {
        const given = webhookSecret(stored);
        expect(Buffer.from(given.slice('whsec_'.length), 'base64')).toHaveLength(32);
        expect(webhookSecret(given)).toBe(given);
        const now = new Date();
        const headers = signedHeaders([stored], 'i', '{}', now.getTime());
        expect(new Webhook(given).verify('{}', headers)).toEqual({});
      }),
      BOUNDED,
    );
  });
});

describe('Retry-After', () => {
  const dates = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
  const header = fc.oneof(
    text,
    fc.double().map(String),
    fc.integer().map(String),
    dates.map((date) => date.toUTCString()),
    dates.map((date) => date.toISOString()),
    fc.constantFrom('120.5', '-5', '5 minutes', 'Infinity', '0x10', '1e3', '+5', '', ' ', '١٢'),
  );

  it('says whole seconds from 0 to 12 hours, or nothing, whatever it holds', () => {
    fc.assert(
      fc.property(header, (value) => {
        const seconds = retryAfterSeconds(value, NOW) ?? 0;
        expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= 43_200).toBe(true);
      }),
      BOUNDED,
    );
  });

  it('of a date is what is left until then', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (seconds) => {
        const date = new Date(NOW + seconds * 1_000).toUTCString();
        expect(retryAfterSeconds(date, NOW)).toBe(Math.min(43_200, Math.max(0, seconds)));
      }),
      BOUNDED,
    );
  });
});
