/** Signal URLs on a real table: from the job that makes one to the job that goes on. */
import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { stepTrace } from '#shared/jobs/record/stepTrace.ts';
import { answerLink, type LinkDeps, type LinkRequest } from '#shared/jobs/signalUrls/answer.ts';
import { linkToken, readLink, type SignalLinks } from '#shared/jobs/signalUrls/link.ts';
import { ownerOf } from '#shared/jobs/steps/owner.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const SECRET = 'whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=';
const BASE = 'https://signals.example/';

let made: string[] = [];
const options = v.object({
  data: v.optional(v.unknown()),
  label: v.optional(v.string()),
  expiresIn: v.optional(v.object({ days: v.number() })),
  any: v.optional(v.boolean(), false),
});
const kinds = kindsOf([
  defineJob({
    kind: 'asks',
    payload: options,
    run: async ({ any, ...given }, { signalUrl, waitFor }) => {
      made.push(await signalUrl('approval', given as object));
      return waitFor('approval', { ...(!any && { schema: v.object({ ok: v.boolean() }) }) });
    },
  }),
]);

let worker: TestWorker;
let deps: LinkDeps;
const links: SignalLinks = {
  sign: (link) => Promise.resolve(`${BASE}${linkToken(link, SECRET)}`),
};

beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  const { signals, logger } = worker.deps;
  deps = {
    signals: signals as LinkDeps['signals'],
    secrets: () => Promise.resolve([SECRET]),
    clock: worker.clock,
    logger,
  };
});
afterAll(() => worker.stop());
beforeEach(() => {
  made = [];
});

let serial = 0;
/** Sends a job that makes a URL and waits. @returns its id, and the path of the URL */
const asking = async (payload: object = {}) => {
  serial += 1;
  const id = `asks-${serial}`;
  await worker.send({ id, kind: 'asks', payload });
  await worker.drain({ links });
  expect(await worker.store.get(id)).toMatchObject({ status: 'WAITING' });
  return { id, path: `/${made.at(-1)?.slice(BASE.length)}` };
};
const ask = (path: string, over: Partial<LinkRequest> = {}) =>
  answerLink({ method: 'POST', path, headers: {}, body: '', from: '192.0.2.1', ...over }, deps);
const goOn = async (id: string) => {
  await worker.tell({ signalled: [{ id, name: 'approval', signalId: 'x' }] });
  await worker.ripen();
  await worker.drain({ links });
  return worker.store.get(id);
};

describe('a signal URL', () => {
  it('sends what it holds, once, and only when it is posted', async () => {
    const { id, path } = await asking({ data: { ok: true }, label: 'Yes' });
    const looked = await ask(path, { method: 'GET', headers: { accept: 'text/html' } });
    expect(looked).toMatchObject({ status: 200, body: expect.stringContaining('<button>Yes<') });
    expect((await ask(path, { method: 'HEAD' })).status).toBe(200);
    expect(await goOn(id)).toMatchObject({ status: 'WAITING' });
    // What is in the body does not count.
    expect((await ask(path, { body: '{"ok":false}' })).status).toBe(200);
    expect((await ask(path)).status).toBe(200);
    expect(await goOn(id)).toMatchObject({ status: 'COMPLETED', result: '{"ok":true}' });
    // Each run made the URL of the same signal.
    const ids = made.map((url) => readLink(url.slice(BASE.length), [SECRET], worker.clock.now()));
    expect(ids).toHaveLength(3);
    expect(new Set(ids.map((read) => read.ok && read.value.id)).size).toBe(1);
  });

  it('takes JSON, and the fields of a form', async () => {
    const { id, path } = await asking();
    expect(await ask(path, { body: '{"ok":' })).toMatchObject({ status: 400 });
    expect((await ask(path, { body: '{"ok":false}' })).status).toBe(200);
    expect((await ask(path, { body: '{"ok":false}' })).status).toBe(200);
    expect((await ask(path, { body: '{"ok":true}' })).status).toBe(409);
    expect(await goOn(id)).toMatchObject({ status: 'COMPLETED', result: '{"ok":false}' });
    // The schema refuses the first use of this URL, and the second one counts.
    const twice = await asking();
    expect((await ask(twice.path, { body: '{"ok":"yes"}' })).status).toBe(200);
    const waiting = (await goOn(twice.id)) ?? expect.unreachable();
    expect(waiting.status).toBe('WAITING');
    const kept = await worker.deps.stepStore.read(ownerOf(waiting, worker.clock.now()));
    expect(stepTrace(waiting, kept).map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^signal "approval" by signal URL.* was not taken, ok: .*: \{"ok":"yes"\}$/,
      ),
    ]);
    expect((await ask(twice.path, { body: '{"ok":true}' })).status).toBe(200);
    expect(await goOn(twice.id)).toMatchObject({ status: 'COMPLETED', result: '{"ok":true}' });
    const form = await asking({ any: true });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(form.path, { headers, body: 'ok=1&by=ada' })).status).toBe(200);
    expect(await goOn(form.id)).toMatchObject({ result: '{"ok":"1","by":"ada"}' });
  });

  it('says that another answer was given before', async () => {
    const { id, path } = await asking({ data: { ok: true } });
    const other = linkToken(
      {
        job: id,
        name: 'approval',
        id: 'other',
        expiresAt: worker.clock.now() + 60_000,
        data: { ok: false },
      },
      SECRET,
    );
    expect((await ask(path)).status).toBe(200);
    const refused = await ask(`/${other}`, { headers: { accept: 'text/html' } });
    expect(refused).toMatchObject({ status: 409, body: expect.stringContaining('Another answer') });
  });

  it('is refused when it is over, made up, too large, or asked in another way', async () => {
    const { path } = await asking({ expiresIn: { days: 1 } });
    expect((await ask('/nothing')).status).toBe(404);
    expect((await ask('/')).status).toBe(404);
    expect((await ask(path, { method: 'PUT' })).status).toBe(405);
    expect((await ask(path, { body: `"${'x'.repeat(65_536)}"` })).status).toBe(413);
    worker.clock.advance(86_400_000);
    expect(await ask(path)).toMatchObject({
      status: 410,
      body: expect.stringContaining('URL_EXPIRED'),
    });
  });

  it('says to try again when the table does not answer, and why to the log', async () => {
    const { path } = await asking({ data: { ok: true } });
    const broken = { ...deps.signals, send: () => Promise.reject(new Error('no table')) };
    const answer = await answerLink(
      { method: 'POST', path, headers: {}, body: '', from: '192.0.2.1' },
      { ...deps, signals: broken },
    );
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(answer.body).not.toContain('no table');
    expect(worker.warnings).toContain('signal URL not answered');
  });
});

describe('a job that cannot have one', () => {
  it.each([
    ['without the setting', {}, {}, 'SIGNAL_URLS_OFF'],
    ['with too much data', { data: 'x'.repeat(1_024) }, { links }, 'SIGNAL_URL_INVALID'],
    [
      'with a label that no button holds',
      { label: 'x'.repeat(81) },
      { links },
      'SIGNAL_URL_INVALID',
    ],
    ['for longer than a year', { expiresIn: { days: 367 } }, { links }, 'DURATION_INVALID'],
  ])('is DEAD by name: %s', async (_why, payload, over, code) => {
    const id = await worker.send({ kind: 'asks', payload });
    await worker.drain(over);
    expect(await worker.store.get(id)).toMatchObject({ status: 'DEAD', error: { code } });
  });
});
