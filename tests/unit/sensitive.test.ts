import { describe, expect, it } from 'vitest';
import { hasMarks, markOf, withoutMarks } from '#cli/console/hidden.ts';
import { hidingFor, hidingOf, sensitiveFields, withoutSensitive } from '#cli/show/sensitive.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { describeKinds } from '#shared/jobs/kinds/describeKinds.ts';
import { echo } from '#shared/jobs/kinds/echo.ts';
import { mergePatch } from '#shared/jobs/operator/redrive.ts';
import type { Json } from '#shared/kernel/json.ts';
import { patchBetween } from '../../cli/page/actions/mergePatch.ts';

const X = '[x]';
const hidden = (value: Json, ...paths: readonly string[]) => hidingOf(paths, () => X).value(value);

describe('sensitive fields', () => {
  it.each<readonly [Json, readonly string[], Json]>([
    [{ card: { number: '4111', year: 30 } }, ['card.number'], { card: { number: X, year: 30 } }],
    [{ card: { number: '4111' } }, ['card'], { card: X }],
    [
      { guests: [{ pass: 1 }, { pass: 2 }] },
      ['guests.*.pass'],
      { guests: [{ pass: X }, { pass: X }] },
    ],
    [{ guests: [{ pass: 1 }] }, ['guests.pass'], { guests: [{ pass: X }] }],
    [{ guests: ['a', 'b'] }, ['guests.0'], { guests: [X, 'b'] }],
    [{ card: '4111 1111' }, ['card.number'], { card: X }],
    [{ card: null, other: 1 }, ['card.number'], { card: null, other: 1 }],
    [{ a: 1, b: { c: 2 } }, ['*'], { a: X, b: X }],
    ['text', ['*'], X],
    [{ a: 1 }, [], { a: 1 }],
  ])('of %j by %j are hidden', (value, paths, shown) => {
    expect(hidden(value, ...paths)).toEqual(shown);
  });

  it('are told to all by the list of kinds, and a path that leads nowhere is refused', async () => {
    const kind = (sensitive: readonly string[]) =>
      defineJob({ ...echo, kind: 'pay', sensitive, run: () => Promise.resolve(1) });
    const [info] = await describeKinds(kindsOf([kind(['card.number'])]));
    expect(info?.sensitive).toEqual(['card.number']);
    expect(() => kind(['card..number'])).toThrow('kind "pay": sensitive: "card..number"');
  });

  it('are all fields for who cannot read the list of kinds', async () => {
    const unread = { kindInfos: () => Promise.resolve(undefined), sensitiveKinds: ['pay'] };
    const fields = await sensitiveFields(unread);
    expect([fields('pay'), fields('plain'), fields('echo')]).toEqual([['*'], [], []]);
    const shown = await hidingFor(unread, { showSensitive: true });
    expect(shown('pay').value({ a: 1 })).toEqual({ a: 1 });
  });

  it('are hidden in envelope, result and messages of a job', () => {
    const job = {
      id: 'a',
      envelope: '{"kind":"pay","payload":{"card":"4111222233334444","to":"shop"}}',
      result: '{"card":"4111222233334444","ok":true}',
      error: {
        code: 'BAD',
        message: 'card 4111222233334444 is refused',
        stack: 'at 4111222233334444',
      },
    };
    const shown = withoutSensitive(
      job,
      hidingOf(['card'], () => X),
      true,
    );
    expect(JSON.stringify(shown)).not.toContain('4111222233334444');
    expect(shown).toMatchObject({ result: '{"card":"[x]","ok":true}' });
    expect(shown.envelope).toContain('"to":"shop"');
    expect(
      withoutSensitive(
        job,
        hidingOf([], () => X),
        true,
      ),
    ).toEqual(job);
  });

  it('hide a body whole that is no JSON', () => {
    expect(hidingOf(['card'], () => X).envelope('{"card": 4111')).toBe(X);
  });
});

describe('marks on the page', () => {
  const paths = ['card.number', 'guests.*.pass'];
  const payload: Json = {
    card: { number: '4111', year: 30 },
    guests: [
      { name: 'a', pass: 'P1' },
      { name: 'b', pass: { no: 'P2' } },
    ],
  };
  const page = hidingOf(paths, markOf).value(payload) as {
    readonly card: { readonly number: string; readonly year: number };
    readonly guests: readonly { readonly name: string; readonly pass: string }[];
  };
  /** What a redrive makes of the payload that the page edited. */
  const redriven = (edited: unknown): Json => {
    const patch = patchBetween(page, edited) as Json;
    return mergePatch(payload, withoutMarks(patch, payload, paths));
  };

  it('say nothing of a value, and differ from value to value', () => {
    expect(JSON.stringify(page)).not.toMatch(/4111|P1|P2/);
    const [a, b] = page.guests;
    expect(a?.pass).not.toBe(b?.pass);
    expect(hasMarks(page) && !hasMarks(payload)).toBe(true);
  });

  it('keep their values through an edited payload, also in lists that change', () => {
    const [a, b] = page.guests;
    const edited = {
      card: { number: page['card' as never]?.['number'], year: 31 },
      guests: [b, a],
    };
    expect(redriven(edited)).toEqual({
      card: { number: '4111', year: 31 },
      guests: [
        { name: 'b', pass: { no: 'P2' } },
        { name: 'a', pass: 'P1' },
      ],
    });
  });

  it('give way to a new value, and are refused when they stand for none', () => {
    const [a, b] = page.guests;
    expect(redriven({ ...page, guests: [{ ...a, pass: 'P9' }, b] })).toMatchObject({
      guests: [{ pass: 'P9' }, { pass: { no: 'P2' } }],
    });
    const stranger = '[hidden 0123456789]';
    expect(() => withoutMarks({ to: stranger }, payload, paths)).toThrow(
      'a mark of a hidden value',
    );
    expect(() => withoutMarks({ to: `${a?.pass} and` }, payload, paths)).toThrow('a mark');
  });
});
