/** The lines of docs/first-hour.md that an embedded cloud can show, run as they stand there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { COMMAND } from '../support/command.ts';
import { printedUrl, type Sheratan, startSheratan } from '../support/sheratan.ts';

/** How the last column begins where a line needs AWS, or more time than a test has. */
const NOT_HERE = /^not run here: ./;

interface Line {
  readonly number: number;
  readonly isHere: boolean;
  readonly commands: readonly string[];
  /** Texts that must be printed. */
  readonly prints: readonly string[];
}

const spansOf = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replaceAll('\\|', '|'));

/** No output: a word that must not be there, a command, and what a host of the internet is after minutes. */
const NO_OUTPUT = ['problem', 'why', 'online', 'COMPLETED'];
const isCommand = (span: string): boolean => span.includes('sheratan ');
/** What AWS does in seconds, a machine with two cores does in minutes. */
const FEWER: readonly [number, string, string] = [21, '5000', '50'];

const lines: readonly Line[] = readFileSync('docs/first-hour.md', 'utf8')
  .split('\n')
  .flatMap((text) => {
    const [, number, command = '', prints = '', , alone = ''] = text
      .split(/(?<!\\)\|/)
      .map((each) => each.trim());
    if (!/^\d+$/.test(number ?? '')) return [];
    const n = Number(number);
    const fewer = (each: string): string =>
      n === FEWER[0] ? each.replaceAll(FEWER[1], FEWER[2]) : each;
    const printed = spansOf(prints);
    const commands = [...spansOf(command), ...printed].filter(isCommand).map(fewer);
    const wanted = printed
      .filter((each) => !NO_OUTPUT.includes(each) && !isCommand(each))
      .map((each) => fewer(each.split('…')[0] ?? ''));
    return [{ number: n, isHere: !NOT_HERE.test(alone), commands, prints: wanted }];
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
      .replaceAll(/\b(?:tick.json|before.jsonl)/g, (name) => join(home, name))
      .replace(/\bID\b/, lastId());
    const env = { ...process.env, SHERATAN_HOME: home, NO_COLOR: '1' };
    execFile('bash', ['-c', own], { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });

interface Row {
  readonly id: string;
}

/** Opens the console, looks for the job that was quarantined, and tries to put it back from the page. */
const atTheConsole = async (): Promise<string> => {
  const command = cloud.start(['console']);
  try {
    const address = new URL(await printedUrl(command));
    const headers = {
      'x-sheratan-token': address.hash.replace('#token=', ''),
      'content-type': 'application/json',
    };
    const ask = async (path: string, body?: object): Promise<unknown> =>
      (
        await fetch(`${address.origin}/api/${path}`, {
          headers,
          ...(body && { method: 'POST', body: JSON.stringify(body) }),
        })
      ).json();
    const { rows } = (await ask('jobs?status=QUARANTINED')) as { rows: readonly Row[] };
    expect(rows).toHaveLength(1);
    const ids = rows.map(({ id }) => id);
    const answer = await ask('act', { action: 'redrive', ids, reason: 'a test' });
    expect(answer).toMatchObject({ done: [], refused: [{ code: expect.any(String) }] });
    return address.href;
  } finally {
    command.kill('SIGINT');
  }
};

const CONSOLE = 'npx sheratan console --stage hour';

describe('the first hour', () => {
  it('has all its lines', () => {
    expect(lines.map(({ number }) => number)).toEqual(lines.map((_line, index) => index + 1));
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter(({ isHere }) => !isHere).length).toBeLessThan(8);
  });

  const here = lines.filter(({ isHere }) => isHere);
  it.each(here.map((line) => [line.number, line] as const))(
    'line %i prints what the page says',
    async (number, { commands, prints }) => {
      const before = lines.find((line) => line.number === number - 1);
      const repeated = commands.length > 0 ? commands : (before?.commands ?? []);
      let text = '';
      for (const command of repeated)
        text += command === CONSOLE ? await atTheConsole() : await shell(command);
      expect(text).not.toBe('');
      for (const wanted of prints) expect(text).toContain(wanted);
      if (/^[\w-]{8,}$/m.test(text)) said = text;
    },
  );
});
