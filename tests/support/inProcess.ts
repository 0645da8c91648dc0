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
  vi.stubEnv('SHERATAN_HOME', home);
  vi.stubEnv('NO_COLOR', '1');
  const said = { stdout: '', stderr: '' };
  const ears = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([input]) as never);
  try {
    return { code: await runCommand(args), ...said };
  } finally {
    for (const each of [...ears, stdin]) each.mockRestore();
  }
};

let last: Promise<unknown> = Promise.resolve();

/**
 * One command after the other, because they share what they print to.
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
