/** The pages of examples/: the commands that they give, and what they say these print. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { COMMAND } from './command.ts';

interface Page {
  /** The blocks of commands, in order. */
  readonly commands: readonly string[];
  /** What a run prints. */
  readonly printed: RegExp;
}

/** The code blocks of a page in one language. */
export const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );

/**
 * Columns are as wide as what is in them; `…` stands for anything within a line, and a line of its
 * own for any lines.
 */
const patternOf = (line: string, index: number): string => {
  if (line === '…') return '(?:.*\\n)*?';
  const texts = line.split('…').map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = `${texts.join('.*').replace(/ +/g, ' +')}\\n`;
  // A line is not tried in other ways once it fits: else a page that does not fit takes for ever.
  return `(?=(?<l${index}>${pattern}))\\k<l${index}>`;
};

/** @param port takes the place of the one that the page names */
export const pageOf = (name: string, port?: number): Page => {
  const page = readFileSync(`examples/${name}/README.md`, 'utf8');
  const text = port === undefined ? page : page.replaceAll(/\b809\d\b/g, String(port));
  const lines = blocksOf(text, 'text').join('').split('\n').slice(0, -1);
  if (lines.length === 0) throw new Error(`the page of ${name} does not say what is printed`);
  return { commands: blocksOf(text, 'sh'), printed: new RegExp(lines.map(patternOf).join('')) };
};

export interface Program {
  /** What it has printed so far. */
  printed(): string;
  /** Its exit code once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end. */
  stop(): void;
}

export interface Shell {
  /**
   * Runs commands to their end; returns all that they printed. Throws when one of them fails.
   *
   * @param npx `as written`: npx itself finds the command, which takes half a second each time
   */
  run(commands: string, npx?: 'as written'): Promise<string>;
  /** Starts one command that goes on. */
  start(command: string, env?: Readonly<Record<string, string>>): Program;
  /** Ends all that goes on. */
  stop(): Promise<unknown>;
}

/** An npx that knows where the command is, in a folder of its own. */
const writeQuickNpx = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  const lines = [
    '#!/bin/sh',
    `[ "$1" = sheratan ] || { echo "npx of the tests runs sheratan alone" >&2; exit 1; }`,
    `shift; exec "${process.execPath}" "${resolve(COMMAND)}" "$@"`,
  ];
  writeFileSync(join(folder, 'npx'), `${lines.join('\n')}\n`, { mode: 0o755 });
};

/** A shell as a reader's, in the folder of the repository. */
export const shellIn = (home: string): Shell => {
  const programs: Program[] = [];
  const quick = join(home, 'quick');
  writeQuickNpx(quick);
  const quickly = { PATH: `${quick}${delimiter}${process.env['PATH']}` };
  const begin = (commands: string, env: Readonly<Record<string, string>> = {}): Program => {
    const child = spawn('bash', ['-c', `set -euo pipefail; exec 2>&1\n${commands}`], {
      env: { ...process.env, NO_COLOR: '1', SHERATAN_HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const program: Program = {
      printed: () => printed,
      ended: once(child, 'close').then(([code]) => code),
      stop: () => void child.kill('SIGTERM'),
    };
    programs.push(program);
    return program;
  };
  return {
    // In place of the shell, so that what asks the shell to end asks the program.
    start: (command, env) => begin(command.replace(/(?=\b(?:node|python3) )/, 'exec '), env),
    run: async (commands, npx) => {
      const program = begin(commands, npx ? {} : quickly);
      const code = await program.ended;
      if (code !== 0) throw new Error(`exit code ${code}:\n${program.printed()}`);
      return program.printed();
    },
    stop: () => {
      for (const program of programs) program.stop();
      return Promise.all(programs.map(({ ended }) => ended));
    },
  };
};

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};
