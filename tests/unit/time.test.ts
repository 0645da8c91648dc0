import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moment } from '#cli/options.ts';
import { readTime } from '#shared/kernel/time.ts';

describe('readTime', () => {
  it.each([
    ['2027-01-31T08:00:00Z', '2027-01-31T08:00:00.000Z'],
    ['2027-01-31T08:00:00+01:00', '2027-01-31T07:00:00.000Z'],
    ['2027-01-31T08:00:00-0530', '2027-01-31T13:30:00.000Z'],
    ['2027-01-31 08:00:00.5Z', '2027-01-31T08:00:00.500Z'],
    ['2027-01-31T08:00:00.123456+00:00', '2027-01-31T08:00:00.123Z'],
    ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
    ['2027-01-01T00:00:00+14:00', '2026-12-31T10:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(readTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    ...[
      '2027-12-25T00:00:00+08',
      '2027-02-30T00:00:00Z',
      '2027-02-29T00:00:00Z',
      '2027-04-31T00:00:00Z',
    ],
    ...[
      '2027-13-01T00:00:00Z',
      '2027-00-01T00:00:00Z',
      '2027-01-00T00:00:00Z',
      '2027-01-01T24:00:00Z',
    ],
    ...['2027-01-01T23:59:60Z', '2027-01-01T00:00:00', '2027-01-01', '2027-1-1T00:00:00Z', '1', ''],
    ...[
      '2027-01-01T00:00:00+24:00',
      '2027-01-01T00:00:00+00:60',
      'March 7',
      ' 2027-01-31T08:00:00Z',
    ],
    ...['+012027-01-01T00:00:00Z', '2027-01-01T00:00:00.Z', '2027-01-01T00:00:00ZZ'],
  ])('refuses %j', (text) => expect(readTime(text)).toBeUndefined());

  it('gives back every time that it is given, in any offset', () => {
    const at = fc.date({
      min: new Date('0001-01-02'),
      max: new Date('9998-12-30'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(at, fc.integer({ min: -1_439, max: 1_439 }), (date, minutes) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const [hour, minute] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const two = (count: number) => String(count).padStart(2, '0');
        const text = `${local}${minutes < 0 ? '-' : '+'}${two(hour)}:${two(minute)}`;
        expect(readTime(text)).toBe(date.getTime());
      }),
    );
  });

  it('reads whatever the schema of times lets through, or refuses it, and never reads another day', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/), (text) => {
        const at = readTime(text);
        if (at !== undefined) expect(new Date(at).toISOString()).toBe(text.replace('Z', '.000Z'));
      }),
    );
  });
});

describe('a moment on the command line', () => {
  it.each([
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T08:00', '2027-01-31T08:00:00.000Z'],
    ['2027-01-31 08:00:00.000', '2027-01-31T08:00:00.000Z'],
    ['2027-01-31T08:00:00+01:00', '2027-01-31T07:00:00.000Z'],
  ])('may be %s', (text, expected) => expect(new Date(moment(text)).toISOString()).toBe(expected));

  it.each(['2027-02-30', '1', 'yesterday', '2027-01-31T08:00:00+08', '999999999d', '15 m'])(
    'may not be %s',
    (text) => expect(() => moment(text)).toThrow(/must be a date/),
  );

  it('may be some time ago', () => {
    expect(Math.abs(Date.now() - 900_000 - moment('15m'))).toBeLessThan(60_000);
  });
});
