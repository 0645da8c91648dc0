/**
 * Ends child processes when their parent ends, for whatever reason. A guard is one `sh` beside each
 * process that has children. The guard reads the ids of the children from a pipe. When the pipe
 * closes, the guard kills the children that are left. The operating system closes the pipe even
 * after SIGKILL, when no code of the parent runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** The arguments are the first ids. A line `+ID` adds a child, a line `-ID` removes one. */
const SCRIPT = `
trap '' HUP INT TERM
ids=$*
while read -r line; do
  case $line in
    +*) ids="$ids \${line#+}" ;;
    -*)
      kept=
      for id in $ids; do [ "$id" = "\${line#-}" ] || kept="$kept $id"; done
      ids=$kept
      ;;
  esac
done
[ -z "$ids" ] || kill -9 $ids
`;

const guarded = new Set<number>();
let guard: ChildProcess | undefined;

const tell = (line: string): void => void guard?.stdin?.write(`${line}\n`);

const startGuard = (): void => {
  // A session of its own: signals to the terminal's or the parent's process group do not reach the
  // guard.
  const started = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...[...guarded].map(String)], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard = started;
  // The death of a guard is handled at its exit. What was being written to it goes to the next
  // guard.
  started.stdin.on('error', () => undefined);
  started.once('error', (error) => {
    if (guard === started) guard = undefined;
    process.emitWarning(`Nothing ends the child processes if this one is killed: ${error.message}`);
  });
  started.once('exit', () => {
    if (guard !== started) return;
    guard = undefined;
    if (guarded.size > 0) startGuard();
  });
  // Neither the guard nor its pipe keeps this process running: the guard waits for the end of this
  // process.
  started.unref();
  (started.stdin as unknown as { unref(): void }).unref();
};

const release = (pid: number): void => {
  guarded.delete(pid);
  tell(`-${pid}`);
  if (guarded.size > 0) return;
  guard?.stdin?.end();
  guard = undefined;
};

/**
 * Makes the child end by SIGKILL when this process ends, for whatever reason. Call this directly
 * after the start of the child. Does nothing on Windows, where children end with their parent's
 * job.
 */
export const guardChild = (child: ChildProcess): void => {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return;
  guarded.add(pid);
  if (guard) tell(`+${pid}`);
  else startGuard();
  child.once('exit', () => release(pid));
};
