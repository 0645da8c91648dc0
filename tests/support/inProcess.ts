/** The `sheratan` command in the process of the test, for tests of what it does and says. */
import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { heard } from './heard.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Run = (args: readonly string[], input?: string) => Promise<Answer>;

const typed = async (home: string, args: readonly string[], input: string): Promise<Answer> => {
  const { runCommand } = await import('#cli/run.ts');
  const given = { SHERATAN_HOME: home, NO_COLOR: '1' };
  const before = Object.keys(given).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([input]) as never);
  try {
    const { result: code, stdout, stderr } = await heard(() => runCommand(args));
    return { code, stdout, stderr };
  } finally {
    stdin.mockRestore();
    for (const [name, value] of before) vi.stubEnv(name, value);
  }
};

let last: Promise<unknown> = Promise.resolve();

/**
 * One command after the other, because they share what they print to: a command that waits for a later
 * one would wait for ever. Whether the process of a command ends by itself is not seen here.
 *
 * @param home where the command looks for a running cloud
 */
export const inProcess =
  (home: string): Run =>
  (args, input = '') => {
    const answer = last.then(() => typed(home, args, input));
    last = answer.catch(() => undefined);
    return answer;
  };
