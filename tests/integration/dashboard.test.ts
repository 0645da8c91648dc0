import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJobIndex, PAGE_ROWS } from '#cli/dashboard/jobIndex.ts';
import { buildAssets } from '#emulator/dashboard/assets.ts';
import { type DashboardServer, startDashboard } from '#emulator/dashboard/server.ts';
import type { StreamRecord } from '#emulator/triggers/streamBatch.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';

const MANY = 20_000;
const BYTES_MAX = 100_000;

const change = (n: number, status = 'COMPLETED'): StreamRecord => {
  const [at, text] = [String(1_700_000_000_000 + n), (S: string) => ({ S })];
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

/** How often a page was told what is new. */
let ticks = 0;
let dashboard: DashboardServer;
beforeAll(async () => {
  const machine = () => ({
    queues: [],
    tables: [],
    alarms: { defined: 0, on: [] },
    summary: index.counts(),
  });
  const span = { first: 0, length: 3, widgets: [] };
  dashboard = await startDashboard(
    {
      snapshot: () => ({
        stackName: 'Test',
        since: 0,
        periodSeconds: 5,
        rows: [],
        lists: ['jobs', 'job'],
        ...span,
        ...machine(),
      }),
      tick: () => {
        ticks += 1;
        return { ...span, ...machine() };
      },
      lists: {
        jobs: (query) =>
          Promise.resolve({
            ...index.page({
              status: query.get('status') ?? undefined,
              text: query.get('q') ?? undefined,
              before: query.has('before') ? Number(query.get('before')) : undefined,
            }),
            ...index.counts(),
          }),
        job: () => Promise.resolve(undefined),
      },
    },
    0,
  );
});
afterAll(() => dashboard?.stop());

/** As a browser asks that was led here under another name. */
const statusOf = (headers: Record<string, string>, method = 'GET', path = '/'): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(dashboard.url);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.once('error', reject);
    asked.end();
  });

describe('the dashboard server', () => {
  it('answers this machine only, under its own names', async () => {
    expect(new URL(dashboard.url).hostname).toBe('127.0.0.1');
    const { host } = new URL(dashboard.url);
    expect(await statusOf({ host })).toBe(200);
    expect(await statusOf({ host: 'localhost:4400' })).toBe(200);
    expect(await statusOf({ host: 'rebound.example:4400' })).toBe(403);
    expect(await statusOf({ host: '127.0.0.1.example' }, 'GET', '/api/jobs')).toBe(403);
    expect(await statusOf({ host, 'sec-fetch-site': 'cross-site' }, 'GET', '/api/live')).toBe(403);
  });

  it('only reads, and knows no path but its own', async () => {
    const { host } = new URL(dashboard.url);
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect(await statusOf({ host }, method, '/api/jobs')).toBe(405);
    for (const path of ['/api/nothing', '/api/constructor', '/page.ts', '/../package.json'])
      expect(await statusOf({ host }, 'GET', path)).toBe(404);
  });

  it('gives another port when its own is taken', async () => {
    const port = Number(new URL(dashboard.url).port);
    const nothing = { snapshot: () => ({}), tick: () => ({}), lists: {} };
    const other = await startDashboard(nothing, port);
    expect(other.url).not.toBe(dashboard.url);
    await other.stop();
  });

  it(`is a page of less than ${BYTES_MAX} bytes, all of it`, async () => {
    const bytes = [...(await buildAssets()).values()].map(({ body }) => Buffer.byteLength(body));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);
  });
});

describe.skipIf(!CHROMIUM)(`the page, with ${MANY} jobs${NEEDS_CHROMIUM}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser('dark');
    await browser.page.goto(`${dashboard.url}/#/jobs`);
    await browser.page.waitForSelector('tr[data-row]');
  });
  afterAll(() => browser?.close());

  const rows = () => browser.page.locator('tr[data-row]');
  const first = () => rows().first().getAttribute('data-row');

  it('shows a page of them, latest change first, and the next one by its place', async () => {
    expect(await rows().count()).toBe(PAGE_ROWS);
    expect(await first()).toBe(`job-${MANY - 1}`);
    await browser.page.keyboard.press('n');
    await expect.poll(first).toBe(`job-${MANY - 1 - PAGE_ROWS}`);
    await browser.page.keyboard.press('b');
    await expect.poll(first).toBe(`job-${MANY - 1}`);
  });

  it('brings what changes to the top, and counts it', async () => {
    index.apply([change(5, 'DEAD')]);
    await expect.poll(first, { timeout: 10_000 }).toBe('job-5');
    await browser.page.getByRole('button', { name: /^dead 1$/ }).click();
    await expect.poll(() => rows().count()).toBe(1);
    expect(browser.page.url()).toContain('status=DEAD');
    await browser.page.getByRole('button', { name: /^all/ }).click();
    await expect.poll(() => rows().count()).toBe(PAGE_ROWS);
  });

  it('holds still while it is paused', async () => {
    await browser.page.keyboard.press('p');
    index.apply([change(6, 'DEAD')]);
    const before = ticks;
    await expect.poll(() => ticks, { timeout: 10_000 }).toBeGreaterThan(before + 1);
    expect(await first()).toBe('job-5');
    await browser.page.keyboard.press('p');
    await expect.poll(first).toBe('job-6');
  });

  it('follows the system’s dark mode, and the choice of who reads it', async () => {
    const theme = () => browser.page.locator('html').getAttribute('data-theme');
    expect(await theme()).toBe('dark');
    await browser.page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(theme).toBe('light');
    await browser.page.keyboard.press('t');
    expect(await theme()).toBe('dark');
    await browser.page.reload();
    expect(await theme()).toBe('dark');
  });

  it('tells its keys', async () => {
    await browser.page.keyboard.press('?');
    await browser.page.getByText('down and up the list').waitFor();
    await browser.page.keyboard.press('Escape');
    expect(await browser.page.locator('dialog[open]').count()).toBe(0);
  });

  it('says so when there is no such job', async () => {
    await browser.page.goto(`${dashboard.url}/#/jobs/unknown`);
    await browser.page.getByText('No record of job unknown').waitFor();
  });
});
