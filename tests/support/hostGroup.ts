/** Example hosts in a process of their own, as `sheratan host serve` runs them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { COMMAND } from './command.ts';

export interface HostGroup {
  readonly endpoints: readonly string[];
  /** Ends them at once, whatever they run. */
  kill(): Promise<void>;
  /** Starts them again on the same ports. */
  revive(): Promise<void>;
}

const serve = async (
  count: number,
  port: number,
  secret: string,
): Promise<{ readonly child: ChildProcess; readonly endpoints: readonly string[] }> => {
  const args = [COMMAND, 'host', 'serve', '--json', '--count', String(count)];
  const more = ['--port', String(port), '--concurrency', '2', '--secret', secret];
  const child = spawn(process.execPath, [...args, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    try {
      const { endpoints } = JSON.parse(text) as { readonly endpoints: readonly string[] };
      return { child, endpoints };
    } catch {
      // It has not said all of it yet.
    }
  }
  throw new Error(`the hosts did not start: ${text}`);
};

/** @param port of the first one; the others follow */
export const startHostGroup = async (
  count: number,
  port: number,
  secret: string,
): Promise<HostGroup> => {
  let { child, endpoints } = await serve(count, port, secret);
  return {
    endpoints,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    revive: async () => {
      ({ child, endpoints } = await serve(count, port, secret));
    },
  };
};
