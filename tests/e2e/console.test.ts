import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { propertiesIn, resourcesIn } from '../support/assembly.ts';
import { violationsOf } from '../support/axe.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';
import { printedUrl, type Sheratan, startSheratan } from '../support/sheratan.ts';

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

const shut = (child: ChildProcess): Promise<unknown> => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return ended;
};

describe.skipIf(!CHROMIUM)(`the console of a mesh${NEEDS_CHROMIUM}`, { timeout: 60_000 }, () => {
  let sheratan: Sheratan;
  let browser: Browser;
  let url: string;

  const open = (path: string): Promise<unknown> =>
    browser.page.evaluate(`location.hash = ${JSON.stringify(`#/${path}`)}`);
  const rows = () => browser.page.locator('tr[data-row]');
  const button = (name: string) => browser.page.getByRole('button', { name, exact: true });
  const because = async (reason: string, name: string): Promise<void> => {
    const asked = browser.page.getByRole('dialog');
    await asked.getByLabel('Reason').fill(reason);
    await asked.getByRole('button', { name, exact: true }).click();
    await browser.page.getByText(/^1 done$/).waitFor();
    await button('Close').click();
  };
  const whyOf = async (id: string): Promise<string> => (await sheratan.run(['why', id])).stdout;
  const statusOf = async (id: string): Promise<string> =>
    (JSON.parse((await sheratan.run(['status', id, '--json'])).stdout) as { status: string })
      .status;

  beforeAll(async () => {
    sheratan = await startSheratan(inject('assemblyDir'), [
      '--kinds',
      'tests/fixtures/console/kinds.ts',
    ]);
    const state = JSON.parse(readFileSync(sheratan.stateFile, 'utf8')) as { dashboard: string };
    url = state.dashboard;
    browser = await openBrowser();
    const echo = (n: number) => ({ kind: 'echo', payload: { n }, id: `job-${n}`, source: 'shop' });
    const lost = { kind: 'read_file', source: 'office', missionId: 'q4' };
    const jobs = [
      ...Array.from({ length: JOBS }, (_, n) => echo(n)),
      { ...lost, id: 'lost-1', payload: { path: 'nothing-1.txt' } },
      { ...lost, id: 'lost-2', payload: { path: 'nothing-2.txt' } },
      { ...lost, id: 'head', payload: { path: 'no.txt' }, group: 'line', onDead: 'halt' },
    ].map((each) => JSON.stringify(each));
    await sheratan.run(['ledger', 'open', 'alice']);
    await sheratan.run(['send', '-', '--unchecked', '--wait', '60'], [...jobs, '{}'].join('\n'));
    const later = { kind: 'echo', payload: 1, id: 'later', delaySeconds: 80_000 };
    const next = { kind: 'echo', payload: 2, id: 'next', dependsOn: ['later'] };
    const keyed = { kind: 'echo', payload: 3, idempotencyKey: 'invoice-9', source: 'office' };
    await sheratan.run(
      ['send', '-'],
      [later, next, keyed].map((each) => JSON.stringify(each)).join('\n'),
    );
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
    await expect.poll(() => rows().count()).toBe(JOBS + 7);
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

  it('draws what follows from a job', async () => {
    await open('jobs/later?tab=flow');
    await browser.page.locator('svg a', { hasText: 'next' }).click();
    await browser.page.locator('.facts a', { hasText: 'later' }).waitFor();
  });

  it('lists accounts with their statements, halted groups, hosts and schedules', async () => {
    const { page } = browser;
    await open('accounts');
    await page.locator('tr[data-row="alice"] a').click();
    await page.getByText('No entries yet').waitFor();
    await open('accounts');
    await button('Verify the ledger').click();
    await page.getByText('All is as the journal says').waitFor();
    await page.getByText(/1 accounts/).waitFor();
    await open('groups');
    await page.waitForSelector('tr[data-row="line"]');
    await open('schedules');
    await page.getByText('No schedules').waitFor();
    await sheratan.run(['hosts', 'add', 'h1', 'http://127.0.0.1:18099', '--kind', 'pdf=20']);
    await open('hosts');
    await page.locator('tr[data-row="h1"] a').click();
    await page.getByRole('img', { name: 'Each hour of the last day: not probed' }).waitFor();
    await page.getByText('0 of 1 slots in use').waitFor();
  });

  it('draws the balance of an account, over its last entries or a range', async () => {
    const { page } = browser;
    await sheratan.run(['ledger', 'open', 'mint', '--may-owe']);
    await sheratan.run(['ledger', 'open', 'bob']);
    for (const [id, amount] of [
      ['first', '500'],
      ['second', '300'],
    ] as const)
      await sheratan.run(['ledger', 'transfer', id, 'mint', 'bob', amount]);
    await open('accounts/bob');
    await page.getByText('Drawn from the last 2 entries').waitFor();
    await button('365 days').click();
    await page.getByText('one for each 6 days').waitFor();
    await page.getByRole('img', { name: 'Posted balance: posted 800' }).waitFor();
    expect(page.url()).toContain('range=');
  });

  it('maps who waits for whom', async () => {
    const { page } = browser;
    await open('waits');
    await page.locator('[data-cause="group"]', { hasText: 'Group line is halted' }).waitFor();
    const needed = page.locator('[data-cause="job"]', { hasText: 'later' });
    await needed.locator('.waiters', { hasText: 'next needs it' }).waitFor();
    await page.getByRole('link', { name: 'Decide' }).click();
    await page.waitForSelector('tr[data-row="line"]');
  });

  it('cancels a job that waits, and writes down who and why', async () => {
    await open('jobs/later');
    await button('Cancel').click();
    await because('not wanted on Monday', 'Cancel later');
    expect(await statusOf('later')).toBe('CANCELLED');
    expect(await whyOf('later')).toContain(`by ${userInfo().username}: not wanted on Monday`);
    await browser.page.locator('h1', { hasText: 'cancelled' }).waitFor();
    await button('Undo').click();
    await because('wanted after all', 'Redrive later');
    expect(await statusOf('later')).not.toBe('CANCELLED');
    expect(await whyOf('later')).toContain('wanted after all');
  });

  it('puts a job back with another payload, and shows the difference before', async () => {
    const { page } = browser;
    await open('jobs/lost-1');
    await button('Redrive').click();
    await page.getByText('Edit its payload').click();
    await page.getByLabel('Payload, as JSON').fill('{"path": "nothing-3.txt"}');
    await page.locator('.diff .plus', { hasText: 'nothing-3.txt' }).waitFor();
    await page.locator('.diff .minus', { hasText: 'nothing-1.txt' }).waitFor();
    await because('the other file', 'Redrive lost-1');
    await expect.poll(() => whyOf('lost-1'), { timeout: 20_000 }).toMatch(/missing|nothing-3/);
    expect(await whyOf('lost-1')).toContain('the other file');
  });

  it('signals a job that waits, and retries one from a step', async () => {
    const { page } = browser;
    const job = { kind: 'approval', payload: { cents: 7 }, id: 'approval' };
    await sheratan.run(['send', '-'], JSON.stringify(job));
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

  it('lets a halted group go on', async () => {
    await open('groups');
    await button('Skip').click();
    await because('the file is gone', 'Skip head');
    await browser.page.getByText('No group is halted').waitFor();
    expect(await whyOf('head')).toContain('its group goes on; decided by');
  });

  it('pauses a queue, limits a source and drains a host', async () => {
    const stateOf = async () => (await sheratan.run(['state'])).stdout;
    await open('mesh');
    await button('Pause low').click();
    await because('upkeep', 'Pause queue low');
    expect(await stateOf()).toContain('paused queues: low');
    await button('Undo').click();
    const asked = browser.page.getByRole('dialog');
    expect(await asked.getByLabel('Reason').inputValue()).toBe('undo: Pause queue low (upkeep)');
    await because('wrong queue', 'Resume queue low');
    expect(await stateOf()).not.toContain('paused queues');
    expect(await stateOf()).toContain('upkeep');
    expect(await stateOf()).toContain('wrong queue');
    expect(await button('Undo').count()).toBe(0);
    await button('Limit a source').click();
    await browser.page.getByLabel('Source', { exact: true }).fill('office');
    await browser.page.getByLabel('Starts a minute').fill('60');
    await because('too many reports', 'Limit a source');
    expect((await sheratan.run(['limits'])).stdout).toMatch(/office +60/);
    await button('Clear limits of office').click();
    await because('they are done', 'Clear the limits of office');
    expect((await sheratan.run(['limits'])).stdout).not.toContain('office');
    await button('Undo').click();
    await because('there are more', 'Limit office');
    expect((await sheratan.run(['limits'])).stdout).toMatch(/office +60/);
    await open('hosts');
    await button('Drain').click();
    await because('new disks', 'Drain h1');
    await browser.page.locator('td', { hasText: /^drained$/ }).waitFor();
    expect((await sheratan.run(['hosts', 'list', '--json'])).stdout).toContain('new disks');
    await button('Undo').click();
    await because('the disks came early', 'Undrain h1');
    await browser.page.getByRole('button', { name: 'Drain' }).waitFor();
  });

  it('adds a schedule and a host, keeps who and why, and takes them back', async () => {
    const { page } = browser;
    const read = async (...args: string[]) => (await sheratan.run(args)).stdout;
    await open('schedules');
    await page.getByRole('link', { name: 'Add a schedule' }).click();
    await page.getByLabel('Name', { exact: true }).fill('morning');
    await page.getByLabel('When').fill('every morning');
    await page.locator('.ticks', { hasText: 'expected rate(' }).waitFor();
    await page.getByLabel('When').fill('cron(0 8 ? * MON-FRI *)');
    await page.locator('.ticks', { hasText: 'It comes' }).waitFor();
    await page.getByLabel('Kind', { exact: true }).selectOption('read_file');
    await page.getByLabel('path').fill('report.txt');
    await page.getByLabel('Reason').fill('the report of each morning');
    await button('Add the schedule').click();
    await page.getByText('morning: added').waitFor();
    const [schedule] = JSON.parse(await read('schedules', '--json')) as { input: string }[];
    expect(schedule).toMatchObject({ name: 'morning', kind: 'read_file', enabled: true });
    expect(schedule?.input).toContain('report.txt');
    const who = userInfo().username;
    expect(await read('state')).toMatch(
      new RegExp(`schedule morning +none → cron.*${who} +the report of each morning`),
    );
    await page.getByLabel('When').fill('rate(1 day)');
    await button('Add the schedule').click();
    await page.getByText('EXISTS: There is a schedule morning already').waitFor();
    await button('Undo').click();
    await because('the report is gone', 'Remove morning');
    expect(JSON.parse(await read('schedules', '--json'))).toEqual([]);
    expect(await read('state')).toContain('the report is gone');

    await open('hosts');
    await page.getByRole('link', { name: 'Add a host' }).click();
    await page.getByLabel('Id').fill('h2');
    await page.getByLabel('URL').fill('http://127.0.0.1:18098/path');
    await page.getByLabel('What it runs').fill('pdf=20 thumbnail');
    await page.getByLabel('Reason').fill('a second one');
    await button('Add the host').click();
    await page.getByText('ENDPOINT_INVALID: endpoint: must have no path').waitFor();
    await page.getByLabel('URL').fill('http://127.0.0.1:18098');
    await button('Add the host').click();
    await page.getByText('h2: created').waitFor();
    const hosts = JSON.parse(await read('hosts', 'list', '--json')) as { id: string }[];
    expect(hosts.find(({ id }) => id === 'h2')).toMatchObject({
      capabilities: [
        { kind: 'pdf', price: '20' },
        { kind: 'thumbnail', price: '0' },
      ],
    });
    expect(await read('state')).toMatch(new RegExp(`host h2 .*${who} +a second one`));
    await button('Undo').click();
    await because('one is enough', 'Remove h2');
    expect(await read('hosts', 'list', '--json')).not.toContain('"h2"');
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
