/**
 * No process outlives its parent, however the parent ends. A guard, one `sh` beside each process
 * that has children to guard, reads their ids from a pipe and ends by force what is still there
 * when the pipe closes. The kernel closes it even after SIGKILL, when no code of the parent runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Arguments are the first ids; in a line, `+ID` is to be guarded and `-ID` no longer. */
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
  // A session of its own: what is sent to the terminal's or the parent's group passes it by.
  const started = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...[...guarded].map(String)], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard = started;
  // A guard that died is seen at its exit; what was being written to it is written to the next one.
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
  // Neither keeps this process running: its end is what the guard waits for.
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
 * The child is ended by SIGKILL when this process ends, by whatever. To be called right after it
 * was started. Windows does so by itself: there, children belong to a job that ends with it.
 */
export const guardChild = (child: ChildProcess): void => {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return;
  guarded.add(pid);
  if (guard) tell(`+${pid}`);
  else startGuard();
  child.once('exit', () => release(pid));
};
