import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signatureOf, verifySignature } from '#shared/jobs/callbacks/signature.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';

const NOW = 1_800_000_000_000;
const T = NOW / 1_000;

const text = fc.string({ unit: 'binary', maxLength: 40 });
const call = fc.record({ secret: text, id: text, body: text });
type Call = { readonly secret: string; readonly id: string; readonly body: string };

/** What the documentation says, said again. */
const right = ({ secret, id, body }: Call): string =>
  createHmac('sha256', secret).update(`${T}.${id}.${body}`).digest('hex');

/** Runs for two seconds at most, whatever the machine. */
const BOUNDED = { numRuns: 1_000, interruptAfterTimeLimit: 2_000 } as const;

const junk = fc.oneof(
  text,
  fc.string({ unit: 'grapheme', minLength: 64, maxLength: 64 }),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.constantFrom('', '=', '==', 'é'.repeat(64), '\u{1f600}'.repeat(32), '0'.repeat(64)),
);
const field = fc.oneof(
  fc.constantFrom('t', 'v1', 'v0', ' v1', 'T', '').chain((name) => junk.map((v) => `${name}=${v}`)),
  fc.constantFrom(`t=${T}`, `t= ${T}`, `t=${T}.0`, `t=0${T}`, 't=NaN', 't=Infinity', 't=1e9'),
  junk,
);

describe('a signature', () => {
  it('that is ours is right, beside any other and under any secret of a rotation', () => {
    fc.assert(
      fc.property(call, fc.array(text, { maxLength: 3 }), (of, others) => {
        const header = signatureOf([...others, of.secret], of.id, of.body, NOW);
        expect(verifySignature(header, of, NOW)).toBe(true);
        expect(verifySignature(header, of, NOW + 301_000)).toBe(false);
      }),
      BOUNDED,
    );
  });

  it('never throws, and is right only with our digest and one time that is written as ours', () => {
    fc.assert(
      fc.property(call, fc.array(field, { maxLength: 6 }), fc.boolean(), (of, fields, ours) => {
        const all = ours ? [...fields, `v1=${right(of)}`] : fields;
        const times = all.filter((each) => each.split(',').some((part) => part.startsWith('t=')));
        const isRight = ours && times.length === 1 && times[0] === `t=${T}`;
        fc.pre(!fields.some((each) => each.includes(',')));
        expect(verifySignature(all.join(','), of, NOW)).toBe(isRight);
      }),
      BOUNDED,
    );
  });

  it('with any one character changed, left out or put in is wrong', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(call, change, (of, [position, gone, put]) => {
        const header = `t=${T},v1=${right(of)}`;
        const at = position % header.length;
        const other = header.slice(0, at) + put + header.slice(at + gone);
        // A field more changes nothing.
        fc.pre(other !== header && !put.includes(','));
        expect(verifySignature(other, of, NOW)).toBe(false);
      }),
      BOUNDED,
    );
  });

  it.each([undefined, [], ['t=1', 'v1=2']])('that is no text (%j) is wrong', (header) => {
    expect(verifySignature(header, { secret: 's', id: 'i', body: 'b' }, NOW)).toBe(false);
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
