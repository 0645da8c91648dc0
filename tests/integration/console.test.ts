import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageFiles } from '#cli/console/assets.ts';
import { createJobIndex, PAGE_ROWS } from '#cli/console/jobIndex.ts';
import { type ConsoleServer, serveConsole } from '#cli/console/server.ts';
import type { Board, ConsoleSession } from '#cli/console/wire.ts';
import type { StreamRecord } from '#emulator/triggers/streamBatch.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';

const MANY = 20_000;
const GZIPPED_MAX = 150_000;

const change = (n: number, status = 'COMPLETED', time = 1_700_000_000_000 + n): StreamRecord => {
  const [at, text] = [String(time), (S: string) => ({ S })];
  const NewImage = {
    status: text(status),
    kind: text(n % 2 ? 'echo' : 'read_file'),
    source: text('shop'),
    group: text(`g${n % 7}`),
    priority: text('normal'),
    attempt: { N: '1' },
    createdAt: { N: at },
    updatedAt: { N: at },
  };
  const Keys = { pk: text(`JOB#job-${n}`), sk: text('JOB') };
  return { dynamodb: { Keys, NewImage } } as unknown as StreamRecord;
};

const index = createJobIndex();
index.apply(Array.from({ length: MANY }, (_, n) => change(n)));

const session: ConsoleSession = {
  label: 'a cloud of a test',
  stage: 'test',
  embedded: true,
  production: false,
  readOnly: false,
  actor: 'tester',
  kinds: [{ kind: 'echo' }],
  refreshMs: { lists: 200, board: 200 },
  ranges: [900],
  indexed: true,
};
const board: Board = {
  ...{ from: 0, binMs: 1, length: 0, rows: [] },
  alarms: { defined: 3, on: [] },
};

/** How often the page asked for the list. */
let asked = 0;
const acted: unknown[] = [];
let served: ConsoleServer;
let reading: ConsoleServer;
beforeAll(async () => {
  const rooms = {
    asked: {
      session: () => Promise.resolve(session),
      board: () => Promise.resolve(board),
      jobs: (query: URLSearchParams) => {
        asked += 1;
        const status = query.get('status');
        const page = index.page({
          text: query.get('q') ?? undefined,
          only: (line) => !status || line.status === status,
          before: query.has('cursor') ? Number(query.get('cursor')) : undefined,
        });
        const { byStatus } = index.counts();
        return Promise.resolve({
          ...{ kind: 'page', found: 'the latest change first', rows: page.rows, byStatus },
          ...(page.next && { next: String(page.next) }),
        });
      },
      job: () => Promise.resolve(undefined),
    },
  };
  const act = (wish: unknown) => {
    acted.push(wish);
    return Promise.resolve({ done: [], refused: [] });
  };
  served = await serveConsole({ ...rooms, act }, 0);
  reading = await serveConsole(rooms, 0);
});
afterAll(() => Promise.all([served?.stop(), reading?.stop()]));

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As a program or a browser asks that was led here in some way. */
const statusOf = (
  server: ConsoleServer,
  { method = 'GET', path = '/api/jobs', headers = {}, body = '' }: Ask,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.origin);
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end(body);
  });

const tokened = ({ token }: ConsoleServer) => ({ 'x-sheratan-token': token });
const wish = (server: ConsoleServer, headers: Readonly<Record<string, string>> = {}): Ask => ({
  method: 'POST',
  path: '/api/act',
  headers: { ...tokened(server), 'content-type': 'application/json', ...headers },
  body: '{"action":"cancel","ids":["a"],"reason":"r"}',
});

describe('the console server', () => {
  it('answers the page that has the token, and is on loopback', async () => {
    expect(new URL(served.url).hostname).toBe('127.0.0.1');
    expect(served.url).toBe(`${served.origin}/#token=${served.token}`);
    expect(await statusOf(served, { headers: tokened(served) })).toBe(200);
    expect(await statusOf(served, { path: '/' })).toBe(200);
  });

  it.each([
    ['no token', 401, {}],
    ['a wrong token', 401, { 'x-sheratan-token': 'guessed' }],
    ['the token of another session', 401, 'other'],
    ['a name that was rebound to this machine', 403, { host: 'rebound.example:4400' }],
    ['a name that begins like ours', 403, { host: '127.0.0.1.example' }],
    ['a foreign origin', 403, { origin: 'https://evil.example' }],
    ['the origin of another port', 403, { origin: 'http://127.0.0.1:1' }],
    ['an origin without a name', 403, { origin: 'null' }],
    ['a page of another site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['a page of the same site', 403, { 'sec-fetch-site': 'same-site' }],
  ] as const)('refuses %s, reading and acting', async (_name, status, given) => {
    const attack = given === 'other' ? tokened(reading) : given;
    const own = status === 401 ? {} : tokened(served);
    expect(await statusOf(served, { headers: { ...own, ...attack } })).toBe(status);
    const act = wish(served);
    const { 'x-sheratan-token': _, ...bare } = act.headers as Record<string, string>;
    expect(await statusOf(served, { ...act, headers: { ...bare, ...own, ...attack } })).toBe(
      status,
    );
    expect(acted).toEqual([]);
  });

  it('sends no header that lets another origin read', async () => {
    const response = await fetch(`${served.origin}/api/jobs`, {
      headers: { ...tokened(served), 'sec-fetch-site': 'same-origin' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe(null);
    expect(response.headers.get('set-cookie')).toBe(null);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const preflight = { method: 'OPTIONS', headers: { origin: 'https://evil.example' } };
    expect(await statusOf(served, { ...preflight, path: '/api/act' })).toBe(403);
  });

  it('carries out what is posted as JSON, and nothing else', async () => {
    expect(await statusOf(served, wish(served, { 'content-type': 'text/plain' }))).toBe(415);
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect(await statusOf(served, { ...wish(served), method })).toBe(405);
    expect(await statusOf(served, { ...wish(served), path: '/api/jobs' })).toBe(405);
    expect(await statusOf(served, { ...wish(served), body: '{' })).toBe(400);
    expect(acted).toEqual([]);
    expect(await statusOf(served, wish(served, { origin: served.origin }))).toBe(200);
    expect(acted).toHaveLength(1);
  });

  it('changes nothing when it was started to read only, whatever the page says', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect(await statusOf(reading, { ...wish(reading), method })).toBe(403);
    expect(await statusOf(reading, { headers: tokened(reading) })).toBe(200);
    expect(acted).toHaveLength(1);
  });

  it('knows no path but its own', async () => {
    const headers = tokened(served);
    for (const path of ['/api/nothing', '/api/constructor', '/page.ts', '/../package.json'])
      expect(await statusOf(served, { headers, path })).toBe(404);
  });

  it('takes another port when its own is taken', async () => {
    const port = Number(new URL(served.origin).port);
    const other = await serveConsole({ asked: {} }, port);
    expect(other.origin).not.toBe(served.origin);
    expect(other.token).not.toBe(served.token);
    await other.stop();
  });

  it(`is a page of less than ${GZIPPED_MAX} bytes when packed, all of it`, async () => {
    const bytes = [...(await pageFiles()).values()].map(({ body }) => gzipSync(body).length);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(GZIPPED_MAX);
  });
});

describe.skipIf(!CHROMIUM)(`the page, with ${MANY} jobs${NEEDS_CHROMIUM}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser('dark');
    await browser.page.clock.install();
    await browser.page.goto(served.url);
    await browser.page.getByText('All 3 alarms are quiet').waitFor();
    await browser.page.goto(`${served.origin}/#/jobs`);
    await browser.page.waitForSelector('tr[data-row]');
  });
  afterAll(() => browser?.close());

  const rows = () => browser.page.locator('tr[data-row]');
  const first = () => rows().first().getAttribute('data-row');

  it('takes the token out of the address', () => {
    expect(browser.page.url()).not.toContain(served.token);
  });

  it('shows a page of them, latest change first, and the next one by its place', async () => {
    expect(await rows().count()).toBe(PAGE_ROWS);
    expect(await first()).toBe(`job-${MANY - 1}`);
    await browser.page.keyboard.press('n');
    await expect.poll(first).toBe(`job-${MANY - 1 - PAGE_ROWS}`);
    await browser.page.reload();
    await expect.poll(first).toBe(`job-${MANY - 1 - PAGE_ROWS}`);
    await browser.page.keyboard.press('b');
    await expect.poll(first).toBe(`job-${MANY - 1}`);
  });

  it('brings what changes to the top, and counts it', async () => {
    index.apply([change(5, 'DEAD')]);
    await expect.poll(first).toBe('job-5');
    await browser.page.getByRole('button', { name: /^dead 1$/ }).click();
    await expect.poll(() => rows().count()).toBe(1);
    expect(browser.page.url()).toContain('status=DEAD');
    await browser.page.getByRole('button', { name: /^all/ }).click();
    await expect.poll(() => rows().count()).toBe(PAGE_ROWS);
  });

  it('lets the age of a job grow, although no answer changes', async () => {
    const { page } = browser;
    const began = Number(await page.evaluate('Date.now()'));
    index.apply([change(7, 'COMPLETED', began)]);
    await expect.poll(first).toBe('job-7');
    const age = () => rows().first().locator('time').textContent();
    const seconds = async () => Number(/^(\d+) s ago$/.exec((await age()) ?? '')?.[1]);
    const before = await seconds();
    await page.clock.fastForward(3_000);
    await expect.poll(seconds).toBeGreaterThanOrEqual(before + 3);
  });

  it('holds still while it is paused', async () => {
    await browser.page.keyboard.press('p');
    await browser.page.getByText('Held still').waitFor();
    const before = asked;
    index.apply([change(6, 'DEAD')]);
    // Its timers are due many times over, and none asks.
    for (let n = 0; n < 5; n += 1) await browser.page.clock.fastForward(1_000);
    expect(asked).toBeLessThanOrEqual(before + 1);
    await browser.page.keyboard.press('p');
    await expect.poll(first).toBe('job-6');
  });

  it('asks for a reason before it acts on many at once, and says how many', async () => {
    const { page } = browser;
    await page.getByLabel('Choose all on this page').check();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const go = page.getByRole('button', { name: `Cancel ${PAGE_ROWS} jobs` });
    await go.click();
    await page.getByText('Say why: it is written down.').waitFor();
    const before = acted.length;
    await page.getByLabel('Reason').fill('a test');
    await go.click();
    await expect.poll(() => acted.length).toBe(before + 1);
    expect(acted.at(-1)).toMatchObject({ action: 'cancel', reason: 'a test' });
    expect((acted.at(-1) as { ids: string[] }).ids).toHaveLength(PAGE_ROWS);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByLabel('Choose job-6', { exact: true }).check();
    await page.getByRole('button', { name: 'Choose all that match' }).click();
    await page.locator('.chosen-bar', { hasText: '1000 jobs' }).waitFor();
    await page.getByRole('button', { name: 'Choose none' }).click();
  });

  it('follows the system’s dark mode, and the choice of who reads it', async () => {
    const theme = () => browser.page.locator('html').getAttribute('data-theme');
    expect(await theme()).toBe('dark');
    await browser.page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(theme).toBe('light');
    await browser.page.keyboard.press('t');
    expect(await theme()).toBe('dark');
    await browser.page.reload();
    await browser.page.waitForSelector('tr[data-row]');
    expect(await theme()).toBe('dark');
  });

  it('tells its keys', async () => {
    await browser.page.keyboard.press('?');
    await browser.page.getByText('down and up the list').waitFor();
    await browser.page.keyboard.press('Escape');
    expect(await browser.page.locator('dialog[open]').count()).toBe(0);
  });

  it('says so when there is no such job', async () => {
    await browser.page.goto(`${served.origin}/#/jobs/unknown`);
    await browser.page.getByText('No record of job unknown').waitFor();
  });

  it('says what to do when it has no token', async () => {
    await browser.page.evaluate(() => localStorage.removeItem('sheratan-token'));
    await browser.page.reload();
    await browser.page.getByText('open the address that the command printed').waitFor();
  });
});
