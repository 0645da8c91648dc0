/** The lines of docs/first-hour.md that an embedded cloud can show, run as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { COMMAND } from '../support/command.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

/** How the lines begin that only AWS, a browser, or more time than a test has can show. */
const ONLY_AWS =
  /^(?:the deployment above|wait for|`aws |`?npm run|a day later|change the text|the same with|`echo '\{"kind":"echo","payload":1,"delaySeconds"|.*ledger export|`npx sheratan console|`seq )/;

interface Line {
  readonly number: number;
  readonly onlyAws: boolean;
  readonly commands: readonly string[];
  /** Texts that must be printed. */
  readonly prints: readonly string[];
}

const spansOf = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replaceAll('\\|', '|'));

/** No output: a word that must not be there, a command, and what a host of the internet is after minutes. */
const NO_OUTPUT = ['problem', 'why', 'online', 'COMPLETED'];

const lines: readonly Line[] = readFileSync('docs/first-hour.md', 'utf8')
  .split('\n')
  .flatMap((text) => {
    const [, number, command = '', prints = ''] = text
      .split(/(?<!\\)\|/)
      .map((each) => each.trim());
    if (!/^\d+$/.test(number ?? '')) return [];
    const commands = spansOf(command).filter((each) => each.includes('sheratan'));
    const wanted = spansOf(prints)
      .filter((each) => !NO_OUTPUT.includes(each) && !each.startsWith('npx '))
      .map((each) => each.split('…')[0] ?? '');
    const onlyAws = ONLY_AWS.test(command);
    return [{ number: Number(number), onlyAws, commands, prints: wanted }];
  });

let cloud: Sheratan;
let home: string;
let said = '';
beforeAll(async () => {
  cloud = await startSheratan(inject('assemblyDir'));
  home = dirname(cloud.stateFile);
});
afterAll(() => cloud.stop());

/** The first id that an earlier line printed: of what was sent last. */
const lastId = (): string => /^[\w-]{8,}$/m.exec(said)?.[0] ?? 'no-id';

const shell = (command: string): Promise<string> =>
  new Promise((resolve) => {
    const own = command
      .replaceAll('npx sheratan', `"${process.execPath}" "${join(process.cwd(), COMMAND)}"`)
      .replaceAll(' --stage hour', '')
      .replaceAll('tick.json', join(home, 'tick.json'))
      .replace(/\bID\b/, lastId());
    const env = { ...process.env, SHERATAN_HOME: home, NO_COLOR: '1' };
    execFile('bash', ['-c', own], { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });

describe('the first hour', () => {
  it('has all its lines', () => {
    expect(lines.map(({ number }) => number)).toEqual(lines.map((_line, index) => index + 1));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter(({ onlyAws }) => !onlyAws).length).toBeGreaterThan(12);
  });

  const here = lines.filter(({ onlyAws }) => !onlyAws);
  it.each(here.map((line) => [line.number, line] as const))(
    'line %i prints what the page says',
    async (number, { commands, prints }) => {
      const before = lines.find((line) => line.number === number - 1);
      const repeated = commands.length > 0 ? commands : (before?.commands ?? []);
      let text = '';
      for (const command of repeated) text += await shell(command);
      for (const wanted of prints) expect(text).toContain(wanted);
      if (/^[\w-]{8,}$/m.test(text)) said = text;
    },
  );
});
