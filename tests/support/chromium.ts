/** A headless Chromium of its own, when the machine has one. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((dir) => NAMES.map((name) => join(dir, name)))
  .find((file) => existsSync(file));

/** For the title of what needs it. */
export const NEEDS_CHROMIUM = CHROMIUM
  ? ''
  : ' (left out: needs Chromium, "apt-get install chromium")';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  readonly page: Page;
  /** What the page complained of. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export const openBrowser = async (colorScheme: 'light' | 'dark' = 'light'): Promise<Browser> => {
  const profile = mkdtempSync(join(tmpdir(), 'sheratan-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    ...(CHROMIUM && { executablePath: CHROMIUM }),
    args: FLAGS,
    viewport: { width: 1_440, height: 900 },
    colorScheme,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return {
    page,
    faults,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
};
