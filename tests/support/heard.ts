/** What is printed while something runs in the process of the test. */
import { vi } from 'vitest';

interface Heard<T> {
  readonly result: T;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they were written. */
  readonly text: string;
}

/** Nothing of what is printed reaches the terminal. @param hear is told each text at once */
export const heard = async <T>(
  work: () => T | Promise<T>,
  hear: (text: string) => unknown = () => undefined,
): Promise<Heard<T>> => {
  const said = { stdout: '', stderr: '', text: '' };
  const ears = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...rest: unknown[]) => {
      said[name] += String(text);
      said.text += String(text);
      hear(String(text));
      const written = rest.at(-1);
      if (typeof written === 'function') written();
      return true;
    }),
  );
  try {
    const result = await work();
    return { result, ...said };
  } finally {
    for (const ear of ears) ear.mockRestore();
  }
};
