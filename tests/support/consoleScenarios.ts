/**
 * What a person does on the console's page, and its effect in the tables: the same on an embedded
 * cloud and on a deployment. The scenarios follow one another.
 */
import { userInfo } from 'node:os';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

type Run = (args: readonly string[], input?: string) => Promise<{ readonly stdout: string }>;

/** A page of the console, and the command on the same mesh. */
export const createHands = (page: Page, run: Run) => {
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  return {
    ...{ page, run, button },
    open: (path: string): Promise<unknown> =>
      page.evaluate(`location.hash = ${JSON.stringify(`#/${path}`)}`),
    /** Gives the reason, presses, and closes what says that it was done. */
    because: async (reason: string, name: string): Promise<void> => {
      const asked = page.getByRole('dialog');
      await asked.getByLabel('Reason').fill(reason);
      await asked.getByRole('button', { name, exact: true }).click();
      await page.getByText(/^1 done$/).waitFor();
      await button('Close').click();
    },
    whyOf: async (id: string): Promise<string> => (await run(['why', id])).stdout,
    statusOf: async (id: string): Promise<string> =>
      (JSON.parse((await run(['status', id, '--json'])).stdout) as { status: string }).status,
  };
};
/** What {@link createHands} gives. */
export type ConsoleHands = ReturnType<typeof createHands>;

/** How many of the jobs of {@link seedConsole} complete. */
export const ECHOES = 12;

/** The jobs and the account that the scenarios are about. */
export const seedConsole = async (run: Run): Promise<void> => {
  const echo = (n: number) => ({ kind: 'echo', payload: { n }, id: `job-${n}`, source: 'shop' });
  const lost = { kind: 'read_file', source: 'office', missionId: 'q4' };
  const jobs = [
    ...Array.from({ length: ECHOES }, (_, n) => echo(n)),
    { ...lost, id: 'lost-1', payload: { path: 'nothing-1.txt' } },
    { ...lost, id: 'lost-2', payload: { path: 'nothing-2.txt' } },
    { ...lost, id: 'head', payload: { path: 'no.txt' }, group: 'line', onDead: 'halt' },
  ].map((each) => JSON.stringify(each));
  await run(['ledger', 'open', 'alice']);
  await run(['send', '-', '--unchecked', '--wait', '60'], [...jobs, '{}'].join('\n'));
  const later = { kind: 'echo', payload: 1, id: 'later', delaySeconds: 80_000 };
  const next = { kind: 'echo', payload: 2, id: 'next', dependsOn: ['later'] };
  const keyed = { kind: 'echo', payload: 3, idempotencyKey: 'invoice-9', source: 'office' };
  const all = [later, next, keyed].map((each) => JSON.stringify(each));
  await run(['send', '-'], all.join('\n'));
};

type Scenario = readonly [title: string, play: (hands: ConsoleHands) => Promise<void>];

/** Each with its title, in their order. */
export const SCENARIOS: readonly Scenario[] = [
  [
    'draws what follows from a job',
    async ({ page, open }) => {
      await open('jobs/later?tab=flow');
      await page.locator('svg a', { hasText: 'next' }).click();
      await page.locator('.facts a', { hasText: 'later' }).waitFor();
    },
  ],
  [
    'lists accounts with their statements, halted groups, hosts and schedules',
    async ({ page, run, open, button }) => {
      await open('accounts');
      await page.locator('tr[data-row="alice"] a').click();
      await page.getByText('No entries yet').waitFor();
      await open('accounts');
      await button('Verify the ledger').click();
      await page.getByText('All is as the journal says').waitFor();
      await page.getByText(/\d+ accounts/).waitFor();
      await open('groups');
      await page.waitForSelector('tr[data-row="line"]');
      await open('schedules');
      await page.getByText('No schedules').waitFor();
      await run(['hosts', 'add', 'h1', 'http://127.0.0.1:18099', '--kind', 'pdf=20']);
      await open('hosts');
      await page.locator('tr[data-row="h1"] a').click();
      await page.getByRole('img', { name: /^Each hour of the last day: / }).waitFor();
      await page.getByText('0 of 1 slots in use').waitFor();
    },
  ],
  [
    'draws the balance of an account, over its last entries or a range',
    async ({ page, run, open, button }) => {
      await run(['ledger', 'open', 'mint', '--may-owe']);
      await run(['ledger', 'open', 'bob']);
      for (const [id, amount] of [
        ['first', '500'],
        ['second', '300'],
      ] as const)
        await run(['ledger', 'transfer', id, 'mint', 'bob', amount]);
      await open('accounts/bob');
      await page.getByText('Drawn from the last 2 entries').waitFor();
      await button('365 days').click();
      await page.getByText('one for each 6 days').waitFor();
      await page.getByRole('img', { name: 'Posted balance: posted 800' }).waitFor();
      expect(page.url()).toContain('range=');
    },
  ],
  [
    'maps who waits for whom',
    async ({ page, open }) => {
      await open('waits');
      await page.locator('[data-cause="group"]', { hasText: 'Group line is halted' }).waitFor();
      const needed = page.locator('[data-cause="job"]', { hasText: 'later' });
      await needed.locator('.waiters', { hasText: 'next needs it' }).waitFor();
      await page
        .locator('.wait-tree', { hasText: 'later' })
        .getByRole('link', { name: 'next waits' })
        .waitFor();
      await page.getByRole('link', { name: 'Decide' }).click();
      await page.waitForSelector('tr[data-row="line"]');
    },
  ],
  [
    'cancels a job that waits, and writes down who and why',
    async ({ page, open, button, because, whyOf, statusOf }) => {
      await open('jobs/later');
      await button('Cancel').click();
      await because('not wanted on Monday', 'Cancel later');
      expect(await statusOf('later')).toBe('CANCELLED');
      expect(await whyOf('later')).toContain(`by ${userInfo().username}: not wanted on Monday`);
      await page.locator('h1', { hasText: 'cancelled' }).waitFor();
      await button('Undo').click();
      await because('wanted after all', 'Redrive later');
      expect(await statusOf('later')).not.toBe('CANCELLED');
      expect(await whyOf('later')).toContain('wanted after all');
    },
  ],
  [
    'puts a job back with another payload, and shows the difference before',
    async ({ page, open, button, because, whyOf }) => {
      await open('jobs/lost-1');
      await button('Redrive').click();
      await page.getByText('Edit its payload').click();
      await page.getByLabel('Payload, as JSON').fill('{"path": "nothing-3.txt"}');
      await page.locator('.diff .plus', { hasText: 'nothing-3.txt' }).waitFor();
      await page.locator('.diff .minus', { hasText: 'nothing-1.txt' }).waitFor();
      await because('the other file', 'Redrive lost-1');
      await expect.poll(() => whyOf('lost-1'), { timeout: 20_000 }).toMatch(/missing|nothing-3/);
      expect(await whyOf('lost-1')).toContain('the other file');
    },
  ],
  [
    'lets a halted group go on',
    async ({ page, open, button, because, whyOf }) => {
      await open('groups');
      await button('Skip').click();
      await because('the file is gone', 'Skip head');
      await page.getByText('No group is halted').waitFor();
      expect(await whyOf('head')).toContain('its group goes on; decided by');
    },
  ],
  [
    'pauses a queue, limits a source and drains a host',
    async ({ page, run, open, button, because }) => {
      const stateOf = async () => (await run(['state'])).stdout;
      await open('mesh');
      await button('Pause low').click();
      await because('upkeep', 'Pause queue low');
      expect(await stateOf()).toContain('paused queues: low');
      await button('Undo').click();
      const asked = page.getByRole('dialog');
      expect(await asked.getByLabel('Reason').inputValue()).toBe('undo: Pause queue low (upkeep)');
      await because('wrong queue', 'Resume queue low');
      expect(await stateOf()).not.toContain('paused queues');
      expect(await stateOf()).toContain('upkeep');
      expect(await stateOf()).toContain('wrong queue');
      expect(await button('Undo').count()).toBe(0);
      await button('Limit a source').click();
      await page.getByLabel('Source', { exact: true }).fill('office');
      await page.getByLabel('Starts a minute').fill('60');
      await because('too many reports', 'Limit a source');
      expect((await run(['limits'])).stdout).toMatch(/office +60/);
      await button('Clear limits of office').click();
      await because('they are done', 'Clear the limits of office');
      expect((await run(['limits'])).stdout).not.toContain('office');
      await button('Undo').click();
      await because('there are more', 'Limit office');
      expect((await run(['limits'])).stdout).toMatch(/office +60/);
      await open('hosts');
      await button('Drain').click();
      await because('new disks', 'Drain h1');
      await page.locator('td', { hasText: /^drained$/ }).waitFor();
      expect((await run(['hosts', 'list', '--json'])).stdout).toContain('new disks');
      await button('Undo').click();
      await because('the disks came early', 'Undrain h1');
      await button('Drain').waitFor();
    },
  ],
  [
    'adds a schedule and a host, keeps who and why, and takes them back',
    async ({ page, run, open, button, because }) => {
      const read = async (...args: string[]) => (await run(args)).stdout;
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
    },
  ],
];
