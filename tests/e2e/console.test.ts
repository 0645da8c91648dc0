import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { propertiesIn, resourcesIn } from '../support/assembly.ts';
import { violationsOf } from '../support/axe.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';
import {
  type ConsoleHands,
  createHands,
  ECHOES,
  SCENARIOS,
  seedConsole,
} from '../support/consoleScenarios.ts';
import { printedUrl, type Sheratan, startSheratan } from '../support/sheratan.ts';

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

const shut = (child: ChildProcess): Promise<unknown> => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return ended;
};

describe.skipIf(!CHROMIUM)(`the console of a mesh${NEEDS_CHROMIUM}`, { timeout: 60_000 }, () => {
  let sheratan: Sheratan;
  let browser: Browser;
  let url: string;

  let hands: ConsoleHands;
  const open = (path: string) => hands.open(path);
  const rows = () => browser.page.locator('tr[data-row]');
  const button = (name: string) => hands.button(name);
  const because = (reason: string, name: string) => hands.because(reason, name);
  const whyOf = (id: string) => hands.whyOf(id);
  const statusOf = (id: string) => hands.statusOf(id);

  beforeAll(async () => {
    sheratan = await startSheratan(inject('assemblyDir'), [
      '--kinds',
      'tests/fixtures/console/kinds.ts',
    ]);
    const state = JSON.parse(readFileSync(sheratan.stateFile, 'utf8')) as { dashboard: string };
    url = state.dashboard;
    browser = await openBrowser();
    hands = createHands(browser.page, sheratan.run);
    await seedConsole(sheratan.run);
    await browser.page.goto(url);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    sheratan?.stop();
  });

  it('draws every widget of the dashboard that is deployed, from what the functions print', async () => {
    const { page } = browser;
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
    const sent = page.locator('[data-widget="Jobs"] .legend li', { hasText: 'sent' });
    await page.locator('[data-widget="Jobs"]').scrollIntoViewIfNeeded();
    await expect.poll(() => sent.textContent()).toMatch(/sent [1-9]\d* last/);
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
    await expect.poll(() => rows().count()).toBe(ECHOES + 7);
    await page.keyboard.press('/');
    await page.keyboard.type('kind:echo source:shop job-7');
    await expect.poll(() => rows().count()).toBe(1);
    expect(page.url()).toContain('kind=echo');
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

  it.each(SCENARIOS)('%s', (_title, play) => play(hands));

  it('signals a job that waits, and retries one from a step', async () => {
    const { page } = browser;
    const job = { kind: 'approval', payload: { cents: 7 }, id: 'approval' };
    await sheratan.run(['send', '-'], JSON.stringify(job));
    // A job has no record until a worker has its message; the page would be told so.
    await expect.poll(() => statusOf('approval')).toMatch(/./);
    await open('jobs/approval');
    await page.locator('.bar-name', { hasText: 'for signal "decision"' }).waitFor();
    await button('Signal').click();
    await page.getByLabel('Data, as JSON').fill('no');
    await button('Signal approval').click();
    await page.getByText('The data is no JSON').waitFor();
    await page.getByLabel('Data, as JSON').fill('"no"');
    await button('Signal approval').click();
    await page.getByText(/^1 done$/).waitFor();
    await button('Close').click();
    await page.locator('h1', { hasText: 'dead' }).waitFor();
    await button('Retry from a step').click();
    await page.getByLabel('From step').selectOption('book');
    await because('he meant yes', 'Retry approval');
    await expect.poll(() => whyOf('approval')).toContain('he meant yes');
  });

  it('hides what a kind calls sensitive, until somebody asks, and keeps it through an edit', async () => {
    const { page } = browser;
    const number = '4111222233334444';
    const payload = { card: { number, year: 25 } };
    const job = { kind: 'pay', payload, id: 'pay-1' };
    await sheratan.run(['send', '-', '--wait', '30'], JSON.stringify(job));
    await open('jobs/pay-1');
    await page.locator('.facts', { hasText: 'has expired' }).waitFor();
    expect(await whyOf('pay-1')).toContain('card [hidden] has expired');
    await open('jobs/pay-1?tab=texts');
    await page.locator('.listing', { hasText: '[hidden ' }).waitFor();
    expect(await page.locator('main').textContent()).not.toContain(number);
    await button('Show hidden fields of the envelope').click();
    await page.locator('.listing', { hasText: number }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await button('Hide them again').click();
    await expect.poll(() => page.locator('main').textContent()).not.toContain(number);
    await button('Redrive').click();
    await page.getByText('Edit its payload').click();
    const shown = await page.getByLabel('Payload, as JSON').inputValue();
    // The mark of what is hidden may have any digits.
    await page.getByLabel('Payload, as JSON').fill(shown.replace('"year": 25', '"year": 31'));
    await page.locator('.diff .plus', { hasText: '31' }).waitFor();
    expect(await page.getByRole('dialog').textContent()).not.toContain(number);
    await because('a new card', 'Redrive pay-1');
    await page.locator('h1', { hasText: 'completed' }).waitFor();
    const status = await sheratan.run(['status', 'pay-1', '--json']);
    expect(status.stdout).not.toContain(number);
    const { stdout } = await sheratan.run(['status', 'pay-1', '--json', '--show-sensitive']);
    expect(JSON.parse(stdout)).toMatchObject({
      result: { card: { number, year: 31 }, receipt: `paid with ${number}` },
    });
    expect((await sheratan.run(['watch', 'pay-1', '--json'])).stdout).not.toContain(number);
  });

  it('shows what the functions printed while they ran a job', async () => {
    const { stdout } = await sheratan.run(['status', 'job-7', '--json']);
    const { history } = JSON.parse(stdout) as { history: { event: string; by?: string }[] };
    const request = history.find(({ event }) => event === 'claimed')?.by ?? '';
    await open('jobs/job-7?tab=logs');
    await browser.page.locator('.logs summary').first().click();
    await browser.page.locator('.logs pre', { hasText: request }).waitFor();
  });

  it('sends a job from the form of its kind, own or built-in', async () => {
    const { page } = browser;
    await open('send');
    await page.getByLabel('Kind', { exact: true }).selectOption('fan');
    await page.getByLabel('jobs', { exact: true }).fill('20');
    await button('Send').click();
    const link = page.locator('form .id');
    const id = (await link.textContent()) ?? '';
    await expect.poll(() => statusOf(id)).toBe('COMPLETED');
    await open(`jobs/${id}?tab=flow`);
    await page.locator('svg a', { hasText: /\d+ more/ }).click();
    await page
      .locator('svg a', { hasText: `${id}.20`.slice(0, 21) })
      .first()
      .waitFor();
    await open('send');
    await page.getByLabel('Kind', { exact: true }).selectOption('read_file');
    await page.getByLabel('path').fill('nothing-4.txt');
    await page.getByText('Id, source, group, priority').click();
    await page.getByLabel('id', { exact: true }).fill('sent-by-hand');
    await button('Send').click();
    await expect.poll(() => statusOf('sent-by-hand')).toMatch(/./);
    await page.getByRole('link', { name: 'sent-by-hand' }).click();
    await page.locator('h1', { hasText: 'dead' }).waitFor({ timeout: 20_000 });
  });

  it.each(['light', 'dark'] as const)(
    'has no violation for axe, in the %s theme',
    async (theme) => {
      const { page } = browser;
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      for (const path of [
        ...[
          'overview',
          'jobs',
          'jobs/lost-2',
          'jobs/later?tab=flow',
          'jobs/job-1?tab=texts',
          'jobs/job-1?tab=logs',
        ],
        ...[
          'accounts',
          'accounts/alice',
          'accounts/bob?range=86400',
          'groups',
          'hosts',
          'hosts/h1',
          'waits',
          'mesh',
          'send',
        ],
        ...['schedules', 'new-schedule', 'new-host'],
      ]) {
        await open(path);
        await page.locator('main h1').waitFor();
        expect([path, await violationsOf(page)]).toEqual([path, []]);
      }
      await open('jobs/lost-2');
      await button('Redrive').click();
      expect(await violationsOf(page)).toEqual([]);
      await button('Leave it').click();
    },
  );

  it('needs no sideways scrolling at the width of a phone', async () => {
    const { page } = browser;
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of [
      'overview',
      'jobs',
      'jobs/lost-2',
      'accounts',
      'accounts/bob?range=86400',
      'hosts/h1',
      'waits',
      'mesh',
      'new-schedule',
      'new-host',
    ]) {
      await open(path);
      await page.locator('main h1').waitFor();
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect([path, over]).toEqual([path, 0]);
    }
    await page.setViewportSize({ width: 1_440, height: 900 });
  });

  it('is the same page from a process of its own, by the indexes of the table', async () => {
    const { page } = browser;
    const child = sheratan.start(['console', '--port', '0', '--read-only']);
    try {
      await page.goto(await printedUrl(child));
      await page.getByText('read-only').waitFor();
      await open('jobs');
      await page.waitForSelector('tr[data-row="lost-2"]');
      await page.keyboard.press('/');
      await page.keyboard.type('mission:q4');
      await expect.poll(() => rows().count()).toBe(3);
      await page.getByRole('searchbox').fill('job-7');
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: 'job-7' }).waitFor();
      await open('jobs');
      await page.getByRole('searchbox').fill('source:office invoice-9');
      await page.keyboard.press('Enter');
      await page.locator('h1', { hasText: 'key-' }).waitFor();
      await open('jobs?status=COMPLETED');
      await page.getByText('No index has this list').waitFor();
      await button('Scan the table').click();
      await page.waitForSelector('tr[data-row="job-3"]');
      await open('jobs/lost-2');
      await button('Redrive').click();
      await page.getByText('This console only reads').waitFor();
      await page.keyboard.press('Escape');
      await open('new-host');
      expect(await button('This console only reads').isDisabled()).toBe(true);
    } finally {
      await shut(child);
    }
  });

  it('had nothing to complain of', () => {
    expect(browser.faults).toEqual([]);
  });
});
