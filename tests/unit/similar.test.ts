import { describe, expect, it } from 'vitest';
import { checkBody, kindsAt } from '#cli/input/check.ts';
import { similar } from '#cli/input/similar.ts';
import { kinds } from '#kinds';
import { prepareRedrive } from '#shared/jobs/operator/redrive.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { tickMessage } from '#shared/schedules/schedule.ts';

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

  describe('of the kinds of a deployment', () => {
    const known = kindsAt({ ownKinds: ['invoice'], kindInfos: () => Promise.resolve(undefined) });
    const body = '{"kind":"invioce","payload":{}}';
    const advice = expect.stringMatching(
      /^kind: "invioce" is not registered here .*did you mean "invoice"\?$/,
    );

    it('is told to whoever sends', async () => {
      expect(checkBody(body, await known)).toMatchObject({ message: advice });
    });

    it('is told to whoever adds a schedule', async () => {
      const when = { expression: 'rate(1 hour)', timezone: 'UTC', overlap: 'skip' } as const;
      const all = await known;
      expect(() => tickMessage({ name: 'bills', ...when, body }, all, 0)).toThrow(
        expect.objectContaining({ code: 'ENVELOPE_INVALID', message: advice }),
      );
    });

    it('is told to whoever puts jobs back', async () => {
      const record = { id: 'j', kind: 'invioce', status: 'DEAD', envelope: body } as JobRecord;
      const blobs = { put: () => expect.unreachable(), get: () => expect.unreachable() };
      const deps = { kinds: await known, blobs };
      expect(await prepareRedrive(record, undefined, deps)).toMatchObject({
        code: 'UNKNOWN_KIND',
        message: advice,
      });
    });
  });
});
