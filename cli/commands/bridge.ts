/** `bridge`: the original's job files run as jobs of the mesh, and come back as its result files. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { type BridgeDeps, readJobFile } from '#shared/legacy/bridge/carry.ts';
import { createMirror } from '#shared/legacy/bridge/mirrorState.ts';
import { type BridgeNews, createBridge } from '#shared/legacy/bridge/run.ts';
import { type Comparison, createShadow } from '#shared/legacy/bridge/shadow.ts';
import { type LegacyServer, serveLegacy } from '../bridge/legacyServer.ts';
import { type KnownMesh, meshOf } from '../bridge/meshOf.ts';
import { openRelayFolders, type RelayPaths } from '../bridge/relayFolders.ts';
import { runBridge } from '../bridge/runBridge.ts';
import { runShadow } from '../bridge/runShadow.ts';
import { meshSide, originalSide } from '../bridge/stateSides.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { COMMAND_LOCK, withFileLock } from '../fileLock.ts';
import { jsonLine, note, out, paint, plain, time } from '../print.ts';
import { actorOf, type DecisionOptions, type Session, withDeployment } from '../session.ts';

/** Options of `bridge`. */
export interface BridgeCommandOptions extends DecisionOptions {
  /** Only these kinds, with commas; by default all that the mesh knows. */
  readonly kinds?: string;
  /** Only files that the original means for this worker. */
  readonly worker?: string;
  /** Folders in place of `data/webrelay_out` and `data/webrelay_in`. */
  readonly out?: string;
  readonly in?: string;
  /** Address of the original's core, which is told of each result. */
  readonly core?: string;
  /** Keeps the system state of the core and of the mesh the same. */
  readonly state?: boolean;
  /** Seconds without the mesh until work goes back to the original. */
  readonly fallback: number;
  readonly dryRun?: boolean;
  /** Claims nothing: runs each job in the mesh too, and compares. */
  readonly report?: boolean;
  /** `PORT` or `HOST:PORT`: serves the original's HTTP interface there. */
  readonly http?: string;
  /** Ends when all files that are there have come back. */
  readonly once?: boolean;
}

const CORE_MS = 10_000;

const pathsOf = (directory: string, options: BridgeCommandOptions): RelayPaths => {
  const base = ['data', '.']
    .map((name) => join(directory, name))
    .find((path) => existsSync(join(path, 'webrelay_out')));
  const paths = {
    out: options.out ?? (base && join(base, 'webrelay_out')),
    in: options.in ?? (base && join(base, 'webrelay_in')),
  };
  if (paths.out && paths.in && existsSync(paths.out)) return { out: paths.out, in: paths.in };
  throw new CliError(
    `No webrelay_out in ${directory} or ${join(directory, 'data')}; --out and --in name other folders.`,
    EXIT.usage,
  );
};

/** The core also looks by itself, every two seconds. */
const tellCore = async (core: string, id: string): Promise<void> => {
  const url = new URL(`/api/jobs/${encodeURIComponent(id)}/sync`, core);
  try {
    await fetch(url, { method: 'POST', signal: AbortSignal.timeout(CORE_MS) });
  } catch (error) {
    note(`the core was not told of ${plain(id)}: ${plain(thrownText(error))}`);
  }
};

const inWords = (news: BridgeNews): string => {
  switch (news.kind) {
    case 'left':
      return `${news.name} left to the original: ${news.left.why} ${news.left.message ?? ''}`;
    case 'done':
      return `${news.name} ${news.status} in ${Math.round(news.tookMs)} ms`;
    case 'unreachable':
      return paint('red', `the mesh does not answer: ${plain(news.why)}`);
    case 'reachable':
      return paint('green', `the mesh answers again, after ${Math.round(news.afterMs / 1_000)} s`);
    case 'handed back':
      return `${news.name} handed back to the original`;
    default:
      return `${news.name} ${news.kind}`;
  }
};

/** Says what would happen to each file. */
const rehearse = async (deps: BridgeDeps): Promise<void> => {
  for (const { name } of await deps.folders.jobs()) {
    const read = await readJobFile(name, deps);
    const isClaimed = (await deps.folders.claimText(name)) !== undefined;
    const why = isClaimed ? 'claimed' : read.kind === 'left' && read.why;
    out(plain(`${name}  ${why ? `stays: ${why}` : 'would go to the mesh'}`));
  }
};

const tellerOf =
  ({ json, core }: BridgeCommandOptions) =>
  (news: BridgeNews): void => {
    if (json) jsonLine(news);
    else out(`${time(systemClock.now())}  ${plain(inWords(news))}`);
    if (news.kind === 'done' && core) void tellCore(core, news.id);
  };

/** Tells of each comparison, and counts. */
const comparing = ({ json }: BridgeCommandOptions) => {
  const counts = { equal: 0, different: 0 };
  return (comparison: Comparison): void => {
    const { id, kind, differences } = comparison;
    counts[differences.length === 0 ? 'equal' : 'different'] += 1;
    const what = differences.length === 0 ? 'equal' : `differs in ${differences.join(', ')}`;
    if (json) jsonLine({ ...comparison, ...counts });
    else
      out(plain(`${id}  ${kind}  ${what}  (${counts.equal} equal, ${counts.different} different)`));
  };
};

const MIRROR_MS = 5_000;

/** Tells of every change that is made or refused. @throws CliError without the core's address */
const mirrorOf = (options: BridgeCommandOptions, { control, clock }: Session): NodeJS.Timeout => {
  const { core } = options;
  if (core === undefined)
    throw new CliError("--state needs --core: the core's state is read there.", EXIT.usage);
  const mesh = meshSide(control, clock, actorOf(options));
  const mirror = createMirror({ mesh, original: originalSide(core) });
  const look = async (): Promise<void> => {
    try {
      const done = await mirror();
      if (done.kind === 'same') return;
      const { side, from, to, why = '' } = done;
      note(plain(`state of the ${side}: ${from} → ${to} ${done.kind} ${why}`));
    } catch (error) {
      note(`the states cannot be compared: ${plain(thrownText(error))}`);
    }
  };
  void look();
  return setInterval(() => void look(), MIRROR_MS);
};

/** @throws CliError for a place that is none, or that others can reach without a token */
const openHttp = async (
  directory: string,
  http: string,
  mesh: KnownMesh,
): Promise<LegacyServer> => {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(http) ?? [];
  if (port === '') throw new CliError(`--http ${http}: give PORT or HOST:PORT.`, EXIT.usage);
  const token = process.env['SHERATAN_HTTP_TOKEN'];
  const file = join(directory, 'sheratan-http.jsonl');
  const deps = { mesh, clock: systemClock, ids: systemIds };
  const server = await serveLegacy({ host, port: Number(port), token, file }, deps);
  note(`the original's interface: ${paint('bold', server.url)}`);
  return server;
};

/**
 * Runs the bridge until Ctrl-C. What is claimed then is taken up by the next bridge.
 *
 * @throws CliError when there are no such folders, or another bridge runs on them
 */
export const bridgeCommand = (
  directory: string,
  options: BridgeCommandOptions,
): Promise<ExitCode> => {
  const paths = pathsOf(directory, options);
  return withDeployment(options, async (session) => {
    const mesh = await meshOf(session, actorOf(options));
    const wanted = options.kinds?.split(',');
    const deps: BridgeDeps = {
      folders: await openRelayFolders(paths),
      mesh,
      takes: (kind) => mesh.knows(kind) && (wanted?.includes(kind) ?? true),
      worker: options.worker,
    };
    if (options.dryRun) {
      await rehearse(deps);
      return EXIT.ok;
    }
    if (options.report) {
      await runShadow(createShadow(deps), paths, comparing(options));
      return EXIT.ok;
    }
    const fallbackMs = options.fallback * 1_000;
    const more = { clock: systemClock, tell: tellerOf(options), fallbackMs };
    const bridge = createBridge({ ...deps, ...more });
    await withFileLock(join(paths.out, 'sheratan-bridge.lock'), COMMAND_LOCK, async () => {
      const server = options.http && (await openHttp(directory, options.http, mesh));
      const mirror = options.state && mirrorOf(options, session);
      try {
        await runBridge(bridge, paths.out, options.once ?? false);
      } finally {
        if (mirror) clearInterval(mirror);
        if (server) await server.stop();
      }
    });
    return EXIT.ok;
  });
};
