/** The `sheratan` command in the process of the test, for tests of what it does and says. */
import { Readable } from 'node:stream';
import { vi } from 'vitest';

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
  const said = { stdout: '', stderr: '' };
  const ears = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...rest: unknown[]) => {
      said[name] += String(text);
      const written = rest.at(-1);
      if (typeof written === 'function') written();
      return true;
    }),
  );
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([input]) as never);
  try {
    return { code: await runCommand(args), ...said };
  } finally {
    for (const each of [...ears, stdin]) each.mockRestore();
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
