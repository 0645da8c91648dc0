import { describe, expect, it } from 'vitest';
import { checkBody } from '#cli/check.ts';
import { similar } from '#cli/similar.ts';
import { kinds } from '#kinds';

describe('the name that somebody may have meant', () => {
  const NAMES = ['image.resize', 'image.rotate', 'invoice'];

  it.each([
    ['image.resiz', 'image.resize'],
    ['Image.Rotat', 'image.rotate'],
    ['invioce', 'invoice'],
    ['imageresize', 'image.resize'],
    ['mail', undefined],
    ['', undefined],
  ])('of %s is %s', (given, meant) => expect(similar(given, NAMES)).toBe(meant));

  it('is in the refusal of an unknown kind, and in no other', () => {
    expect(checkBody('{"kind":"raed_file","payload":{}}', kinds)).toMatchObject({
      code: 'UNKNOWN_KIND',
      message: expect.stringMatching(/did you mean "read_file"\?$/),
    });
    expect(checkBody('{"kind":"make.coffee"}', kinds)).toMatchObject({
      message: expect.not.stringContaining('did you mean'),
    });
    expect(checkBody('{"kind":"read_file","payload":{}}', kinds)).toMatchObject({
      message: expect.not.stringContaining('did you mean'),
    });
  });
});
