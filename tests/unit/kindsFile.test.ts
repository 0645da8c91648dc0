import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkBody, kindsAt } from '#cli/input/check.ts';
import { readKindsFile } from '#client/kindsFile.ts';
import { kindsFileText } from '#infra/bundle/bundle.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { describeKinds } from '#shared/jobs/kinds/describeKinds.ts';
import type { PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';

const run = () => Promise.resolve(1);
const own: PayloadSchema = {
  '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
};
const kinds = kindsOf([
  defineJob({
    kind: 'mail',
    payload: v.strictObject({
      to: v.string(),
      cents: v.pipe(v.number(), v.integer()),
      tags: v.optional(v.array(v.picklist(['a', 'b']))),
      // Beyond JSON Schema.
      odd: v.optional(
        v.pipe(
          v.number(),
          v.check((n) => n % 2 === 1),
        ),
      ),
    }),
    run,
  }),
  defineJob({ kind: 'zod', payload: z.object({ at: z.object({ x: z.string() }) }), run }),
  defineJob({ kind: 'ark', payload: type({ a: 'string' }), run }),
  defineJob({ kind: 'silent', payload: own, run }),
  defineJob({ kind: 'beyond', payload: v.object({ f: v.instance(Date) }), run }),
]);
const folder = mkdtempSync(join(tmpdir(), 'sheratan-kinds-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'kinds.json');
const place = pathToFileURL(file).href;

/** What the command knows of a mesh whose code it does not have. */
const known = async () => {
  writeFileSync(file, kindsFileText(JSON.stringify(await describeKinds(kinds))));
  return kindsAt({ ownKinds: [], kindInfos: () => readKindsFile(place, {}) });
};
const judge = async (payload: unknown, kind = 'mail') =>
  checkBody(JSON.stringify({ kind, payload }), await known());

describe('the list of kinds', () => {
  it('has what valibot, zod and arktype say of their schemas, and all names', async () => {
    const infos = await describeKinds(kinds);
    expect(infos.map(({ kind }) => kind)).toEqual(['mail', 'zod', 'ark', 'silent', 'beyond']);
    const [mail, zod, ark, silent] = infos;
    expect(mail?.schema).toMatchObject({ required: ['to', 'cents'], additionalProperties: false });
    expect(zod?.schema).toMatchObject({ required: ['at'] });
    expect(ark?.schema).toMatchObject({ required: ['a'] });
    expect(silent).toEqual({ kind: 'silent' });
  });

  it.each([
    [{ to: 'x', cents: '5' }, 'mail', /^payload\.cents: .*"integer"/],
    [{ to: 'x' }, 'mail', /^payload: .*"cents"/],
    [{ to: 'x', cents: 5, tags: ['a', 'c'] }, 'mail', /^payload\.tags\.1: /],
    [{ to: 'x', cents: 5, too: 1 }, 'mail', /^payload.*"too"/],
    [{ at: { x: 1 } }, 'zod', /^payload\.at\.x: .*"string"/],
    [{}, 'ark', /^payload: .*"a"/],
  ])('lets the command refuse %j before it is sent', async (payload, kind, why) => {
    expect(await judge(payload, kind)).toMatchObject({
      code: 'PAYLOAD_INVALID',
      message: expect.stringMatching(why),
    });
  });

  it('leaves to the mesh what it cannot say', async () => {
    for (const [payload, kind] of [
      [{ to: 'x', cents: 5, odd: 2 }, 'mail'],
      [{ any: 1 }, 'silent'],
    ] as const)
      expect(await judge(payload, kind)).not.toHaveProperty('code');
  });

  it('is done without where it cannot be read: then the names count', async () => {
    for (const where of ['file:///no/such/file', 'nonsense']) {
      const kindInfos = () => readKindsFile(where, {});
      const byName = await kindsAt({ ownKinds: ['mail'], kindInfos });
      expect(checkBody('{"kind":"mail","payload":{}}', byName)).not.toHaveProperty('code');
      expect(checkBody('{"kind":"zod","payload":{}}', byName)).toMatchObject({
        code: 'UNKNOWN_KIND',
      });
    }
    writeFileSync(file, '{"version":2,"kinds":[]}');
    expect(await readKindsFile(place, {})).toBeUndefined();
  });
});
