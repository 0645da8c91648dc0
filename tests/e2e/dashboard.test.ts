import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { propertiesIn, resourcesIn } from '../support/assembly.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

const JOBS = 12;

/** The titles of the widgets that CloudWatch gets. */
const deployedWidgets = (): readonly string[] => {
  const [dashboard] = propertiesIn(
    resourcesIn(inject('assemblyDir')),
    'AWS::CloudWatch::Dashboard',
  );
  const body = dashboard?.['DashboardBody'] as { 'Fn::Join': [string, unknown[]] };
  const [, parts] = body['Fn::Join'];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'token')).join('');
  const { widgets } = JSON.parse(text) as {
    widgets: { type: string; properties: { title: string } }[];
  };
  return widgets
    .filter(({ type }) => type === 'metric')
    .map(({ properties }) => properties.title.replace(/ \([^)]+\)$/, ''));
};

describe.skipIf(!CHROMIUM)(`the dashboard of an embedded cloud${NEEDS_CHROMIUM}`, () => {
  let sheratan: Sheratan;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    sheratan = await startSheratan(inject('assemblyDir'));
    const state = JSON.parse(readFileSync(sheratan.stateFile, 'utf8')) as { dashboard: string };
    url = state.dashboard;
    browser = await openBrowser();
    const echo = (n: number) => ({ kind: 'echo', payload: { n }, id: `job-${n}`, source: 'shop' });
    const jobs = Array.from({ length: JOBS }, (_, n) => JSON.stringify(echo(n)));
    await sheratan.run(['ledger', 'open', 'alice']);
    await sheratan.run(['send', '-', '--unchecked', '--wait', '60'], [...jobs, '{}'].join('\n'));
  });
  afterAll(async () => {
    await browser?.close();
    sheratan?.stop();
  });

  it('draws every widget of the dashboard that is deployed, from what the functions print', async () => {
    const { page } = browser;
    await page.goto(url);
    await page.waitForSelector('[data-widget]');
    const titles = await page
      .locator('[data-widget]')
      .evaluateAll((cards) => cards.map((card) => card.getAttribute('data-widget')));
    expect(titles).toEqual(deployedWidgets());
    for (const title of titles) {
      const card = page.locator(`[data-widget="${title}"]`);
      await card.scrollIntoViewIfNeeded();
      await expect.poll(() => card.locator('.legend li, .figure').count()).toBeGreaterThan(0);
    }
    const written = page.locator('[data-widget="Consumed units"] .legend li', { hasText: 'write' });
    await written.scrollIntoViewIfNeeded();
    await expect.poll(() => written.locator('b').textContent()).toMatch(/[1-9]/);
  });

  it('tells which alarms would be on, and what to do then', async () => {
    const alarm = browser.page.locator('[data-alarm="Quarantined"]');
    await alarm.waitFor();
    expect(await alarm.textContent()).toContain('First action');
  });

  it('lists jobs, filters them, and tells of one what `why` tells', async () => {
    const { page } = browser;
    await page.keyboard.press('g');
    await page.keyboard.press('j');
    await page.waitForSelector('tr[data-row]');
    await expect.poll(() => page.locator('tr[data-row]').count()).toBe(JOBS + 1);
    await page.keyboard.press('/');
    await page.keyboard.type('job-7');
    await expect.poll(() => page.locator('tr[data-row]').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('ol.trace li');
    const shown = await page.locator('ol.trace li > span').allTextContents();
    const { stdout } = await sheratan.run(['why', 'job-7', '--json']);
    const { steps } = JSON.parse(stdout) as { steps: { text: string }[] };
    expect(shown).toEqual(steps.map(({ text }) => text));
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).toContain('q=job-7');
  });

  it('lists accounts, halted groups and hosts', async () => {
    const { page } = browser;
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForSelector('tr[data-row="alice"]');
    await page.keyboard.press('g');
    await page.keyboard.press('g');
    await page.getByText('No group is halted').waitFor();
    await sheratan.run(['hosts', 'add', 'h1', 'http://127.0.0.1:18099', '--kind', 'pdf=20']);
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForSelector('tr[data-row="h1"]');
  });

  it('had nothing to complain of', () => {
    expect(browser.faults).toEqual([]);
  });
});
