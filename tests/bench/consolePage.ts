/**
 * How quick the console is with 20,000 jobs, and whether its memory is bounded: its page and its
 * server over hours of live updates, made short by asking ten times as often. Needs Chromium.
 */
import type { Page } from 'playwright-core';
import { createJobIndex } from '#cli/console/jobIndex.ts';
import { type ConsoleRooms, serveConsole } from '#cli/console/server.ts';
import type { Board, BoardWidget, ConsoleSession, JobWhole } from '#cli/console/wire.ts';
import type { HostWhole, VerifyState, WaitMap } from '#cli/console/wireViews.ts';
import type { StreamRecord } from '#emulator/triggers/streamBatch.ts';
import { CHROMIUM, openBrowser } from '../support/chromium.ts';

const MINUTES = Number(process.env['SHERATAN_CONSOLE_MINUTES'] ?? 1);
const JOBS = 20_000;
/** An embedded cloud's page asks every two seconds. */
const EVERY_MS = 200;
const USUAL_MS = 2_000;
const CHANGES_A_LOOK = 50;
const WIDGETS = 30;
const LINES = 4;
const BINS = 180;
const SAMPLES = 12;
const STAY_MS = 2_500;
const T = 1_790_000_000_000;

let serial = 0;
const change = (n: number): StreamRecord => {
  serial += 1;
  const text = (S: string) => ({ S });
  const at = { N: String(T + serial) };
  const image = {
    ...{ status: text(serial % 3 ? 'COMPLETED' : 'RUNNING'), kind: text('echo') },
    ...{ source: text('shop'), group: text(`g${n % 7}`), priority: text('normal') },
    ...{ attempt: { N: '1' }, createdAt: at, updatedAt: at },
  };
  const Keys = { pk: text(`JOB#job-${n}`), sk: text('JOB') };
  return { dynamodb: { Keys, NewImage: image } } as unknown as StreamRecord;
};

const widget = (n: number): BoardWidget => ({
  ...{ title: `Widget ${n}`, view: n % 3 ? 'lines' : 'stacked', unit: 'jobs', limits: [] },
  lines: Array.from({ length: LINES }, (_, line) => ({
    label: `line ${line}`,
    points: Array.from({ length: BINS }, (_, bin) => (bin * (line + 1) + serial) % 97),
  })),
  counted: Array.from({ length: LINES }, () => true),
});

const board = (): Board => ({
  ...{ from: T + serial, binMs: 10_000, length: BINS },
  rows: [{ title: 'All', hint: '', widgets: Array.from({ length: WIDGETS }, (_, n) => widget(n)) }],
  alarms: { defined: 3, on: [] },
});

const job = (id: string): JobWhole => ({
  job: { id, status: 'RUNNING', kind: 'echo', createdAt: T, updatedAt: T + serial },
  trace: Array.from({ length: 20 }, (_, n) => ({ at: T + n, event: 'claimed', text: `${serial}` })),
  ...{ steps: [], signals: [], can: ['cancel'] },
});

const bins = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ at: T + n, probes: 60, passes: (serial + n) % 61 }));
const host = (id: string): HostWhole => ({
  ...{ id, endpoint: 'http://h', state: 'online', isDrained: false, facts: [], changes: [] },
  ...{ slots: { used: 1, all: 4 }, uptime: [['day', '99.00 %']], hours: bins(24), days: bins(90) },
  jobs: [{ job: `job-${serial % JOBS}`, until: T }],
});

const waits = (): WaitMap => ({
  ...{ looked: 300, whole: true },
  causes: Array.from({ length: 40 }, (_, n) => ({
    ...{ kind: 'job', name: `job-${(serial + n) % JOBS}`, title: 'Job', why: 'running' },
    ...{ holders: [], more: 0 },
    waiters: Array.from({ length: 8 }, (_, of) => ({
      job: `job-${of + serial}`,
      says: 'needs it',
    })),
  })),
});

const SESSION: ConsoleSession = {
  ...{ label: 'a bench', stage: 'bench', embedded: true, production: false, readOnly: true },
  ...{ actor: 'bench', kinds: [{ kind: 'echo' }], ranges: [900], indexed: true },
  refreshMs: { lists: EVERY_MS, board: EVERY_MS },
};

const VIEWS = ['overview', 'jobs', 'jobs/job-7', 'waits', 'hosts/h1', 'accounts'];

/** A console whose data change at each look. */
const openMoving = async () => {
  const index = createJobIndex(JOBS);
  index.apply(Array.from({ length: JOBS }, (_, n) => change(n)));
  let looks = 0;
  const moving =
    <T>(answer: (id: string) => T) =>
    (query: URLSearchParams): Promise<T> => {
      looks += 1;
      index.apply(Array.from({ length: CHANGES_A_LOOK }, () => change((serial * 7_919) % JOBS)));
      return Promise.resolve(answer(query.get('id') ?? ''));
    };
  const verify: VerifyState = { state: 'never', blocks: 0, blocksTotal: 0, items: 0 };
  const accounts = () => ({ columns: ['Account'], rows: [[`a${serial}`]], none: '' });
  const rooms: ConsoleRooms = {
    asked: {
      session: () => Promise.resolve(SESSION),
      board: moving(board),
      jobs: moving(() => ({
        ...{ kind: 'page', found: 'all', rows: index.page({}).rows },
        byStatus: index.counts().byStatus,
      })),
      job: moving(job),
      host: moving(host),
      waits: moving(waits),
      accounts: moving(accounts),
      verify: () => Promise.resolve(verify),
    },
  };
  return { server: await serveConsole(rooms, 0), looks: () => looks };
};

const PRESSES = 200;
const KEYS = ['j', 'j', 'x', 'k', 'n', 'x', 'b'];
/** The browser tells only of interactions that took this long, or longer. */
const TOLD_MS = 16;

/** Interactions with the list of 20,000 jobs while it changes: from the press to the next paint. */
const benchInteractions = async (page: Page) => {
  await page.evaluate("location.hash = '#/jobs'");
  await page.waitForSelector('tr[data-row]');
  // As text: the types here are those of Node, which has no such entries.
  await page.evaluate(`{
    globalThis.durations = [];
    new PerformanceObserver((list) => {
      for (const { interactionId, name, duration } of list.getEntries())
        if (interactionId && name === 'keydown') durations.push(duration);
    }).observe({ type: 'event', durationThreshold: ${TOLD_MS} });
  }`);
  for (let press = 0; press < PRESSES; press += 1) {
    await page.keyboard.press(KEYS[press % KEYS.length] ?? 'j');
    await page.waitForTimeout(60);
  }
  const told = (await page.evaluate('durations')) as readonly number[];
  const quick = Array.from({ length: Math.max(0, PRESSES - told.length) }, () => TOLD_MS);
  const all = [...quick, ...told].sort((a, b) => a - b);
  const at = (share: number): number => all[Math.ceil(all.length * share) - 1] ?? 0;
  const figures = { presses: PRESSES, medianMs: at(0.5), p95Ms: at(0.95), longestMs: at(1) };
  console.log(JSON.stringify(figures));
  return figures;
};

const megabytes = (bytes: number): number => Math.round(bytes / 10_000) / 100;

/** Prints the heap of the page and of the server over time. */
export const benchConsole = async () => {
  if (!CHROMIUM) return 'left out: needs Chromium';
  const { server, looks } = await openMoving();
  const browser = await openBrowser();
  const { page } = browser;
  try {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    await page.goto(server.url);
    await page.waitForSelector('main h1');
    const interactions = await benchInteractions(page);
    const sample = async () => {
      await devtools.send('HeapProfiler.collectGarbage');
      const { metrics } = await devtools.send('Performance.getMetrics');
      const of = (name: string): number => metrics.find((each) => each.name === name)?.value ?? 0;
      globalThis.gc?.();
      return {
        looks: looks(),
        pageMb: megabytes(of('JSHeapUsedSize')),
        nodes: of('Nodes'),
        listeners: of('JSEventListeners'),
        serverMb: megabytes(process.memoryUsage().heapUsed),
      };
    };
    const samples = [];
    const began = performance.now();
    const everyMs = (MINUTES * 60_000) / SAMPLES;
    while (samples.length <= SAMPLES) {
      for (const view of VIEWS) {
        await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`);
        await page.waitForTimeout(STAY_MS);
      }
      await page.evaluate("location.hash = '#/mesh'");
      if (performance.now() - began < samples.length * everyMs) continue;
      const taken = await sample();
      samples.push(taken);
      console.log(JSON.stringify(taken));
    }
    const hours = Math.round(((looks() * USUAL_MS) / 3_600_000) * 10) / 10;
    console.log(`${looks()} looks: ${hours} hours of live updates`);
    return { interactions, samples, hours, faults: browser.faults };
  } finally {
    await browser.close();
    await server.stop();
  }
};
