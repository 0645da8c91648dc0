/**
 * How quick the console is with 20,000 jobs, and whether its memory is bounded: its page and its
 * server over hours of live updates, made short by asking a hundred times as often. Needs Chromium.
 */
import type { Page } from 'playwright-core';
import { type Browser, CHROMIUM, openBrowser } from '../support/chromium.ts';
import { openMoving } from './movingConsole.ts';

const MINUTES = Number(process.env['SHERATAN_CONSOLE_MINUTES'] ?? 1);
/** An embedded cloud's page asks every two seconds. */
const USUAL_MS = 2_000;
const OFTEN_MS = USUAL_MS / 10;
const WITHOUT_END_MS = USUAL_MS / 100;
const SAMPLES = 12;
const STAY_MS = 1_000;
const VIEWS = ['overview', 'jobs', 'jobs/job-7', 'waits', 'hosts/h1', 'accounts'];

type Moving = Awaited<ReturnType<typeof openMoving>>;

const shareOf = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1] ?? 0;

const spread = (numbers: readonly number[]) => ({
  median: Math.round(shareOf(numbers, 0.5)),
  p95: Math.round(shareOf(numbers, 0.95)),
  longest: Math.round(shareOf(numbers, 1)),
});

/**
 * Below the bottom of the window nothing is painted, and the browser would wait for the next paint
 * above it. A window has a bar; the page is as high as the whole window.
 */
const enlargeWindow = async (page: Page): Promise<void> => {
  const devtools = await page.context().newCDPSession(page);
  const { windowId } = await devtools.send('Browser.getWindowForTarget');
  const bounds = { width: 1_600, height: 1_300 };
  await devtools.send('Browser.setWindowBounds', { windowId, bounds });
  await devtools.detach();
};

const PRESSES = 210;
const PAUSE_MS = 60;
const KEYS = ['j', 'j', 'x', 'k', 'n', 'x', 'b'];
/** The browser tells only of interactions that took this long, or longer. */
const TOLD_MS = 16;

/**
 * Interactions with the list of 20,000 jobs while it changes: from the press to the next paint, and
 * of these the work of the page, until a frame is ready to be painted.
 */
const benchInteractions = async ({ page }: Browser, moving: Moving, everyMs: number) => {
  moving.askEvery(everyMs);
  await page.goto(`${moving.server.origin}/#/jobs`);
  await page.reload();
  await page.waitForSelector('tr[data-row]');
  // As text: the types here are those of Node, which has no such entries.
  await page.evaluate(`{
    globalThis.durations = [];
    globalThis.worked = [];
    new PerformanceObserver((list) => {
      for (const { interactionId, name, duration } of list.getEntries())
        if (interactionId && name === 'keydown') durations.push(duration);
    }).observe({ type: 'event', durationThreshold: ${TOLD_MS} });
    addEventListener('keydown', ({ timeStamp }) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => worked.push(performance.now() - timeStamp);
      requestAnimationFrame(() => port2.postMessage(0));
    }, true);
  }`);
  const before = moving.looks();
  for (let press = 0; press < PRESSES; press += 1) {
    await page.keyboard.press(KEYS[press % KEYS.length] ?? 'j');
    await page.waitForTimeout(PAUSE_MS);
  }
  const looks = moving.looks() - before;
  const told = (await page.evaluate('durations')) as readonly number[];
  const worked = (await page.evaluate('worked')) as readonly number[];
  const quick = Array.from({ length: Math.max(0, PRESSES - told.length) }, () => TOLD_MS);
  const figures = {
    ...{ everyMs, looks, presses: PRESSES },
    paintedMs: spread([...quick, ...told]),
    readyMs: spread(worked),
  };
  console.log(JSON.stringify(figures));
  return figures;
};

const LOADS = 9;

/** From the address to the first graphs with their legends, and to the first paint of anything. */
const benchFirstView = async ({ page }: Browser, moving: Moving) => {
  moving.askEvery(USUAL_MS);
  const shown: number[] = [];
  const painted: number[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    await page.goto('about:blank');
    const began = performance.now();
    await page.goto(moving.server.url);
    await page.waitForSelector('[data-widget] .legend li');
    shown.push(performance.now() - began);
    const [first] = (await page.evaluate(
      "performance.getEntriesByName('first-contentful-paint').map((each) => each.startTime)",
    )) as readonly number[];
    if (first !== undefined) painted.push(first);
  }
  const figures = { loads: LOADS, shownMs: spread(shown), paintedMs: spread(painted) };
  console.log(JSON.stringify(figures));
  return figures;
};

const megabytes = (bytes: number): number => Math.round(bytes / 10_000) / 100;

/** The heap of the page and of the server, after each collection, over very many looks. */
const benchMemory = async ({ page }: Browser, moving: Moving) => {
  moving.askEvery(WITHOUT_END_MS);
  await page.reload();
  await page.waitForSelector('main h1');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const sample = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((each) => each.name === name)?.value ?? 0;
    globalThis.gc?.();
    return {
      looks: moving.looks(),
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
  const hours = Math.round(((moving.looks() * USUAL_MS) / 3_600_000) * 10) / 10;
  console.log(`${moving.looks()} looks: ${hours} hours of live updates`);
  return { samples, hours };
};

/** Prints how long a press takes, how long the first view, and the heap over time. */
export const benchConsole = async () => {
  if (!CHROMIUM) return 'left out: needs Chromium';
  const moving = await openMoving();
  const browser = await openBrowser();
  try {
    await enlargeWindow(browser.page);
    const firstView = await benchFirstView(browser, moving);
    const interactions = [
      await benchInteractions(browser, moving, USUAL_MS),
      await benchInteractions(browser, moving, OFTEN_MS),
    ];
    const memory = await benchMemory(browser, moving);
    return { firstView, interactions, memory, faults: browser.faults };
  } finally {
    await browser.close();
    await moving.server.stop();
  }
};
