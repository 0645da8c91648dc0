/** Opens the console: of the embedded cloud in this process, or of any deployment. */
import { type Deployment, findDeployment, openEmbedded } from '#client/deployment.ts';
import type { EmbeddedState } from '#client/state.ts';
import { embeddedFor, type TargetOptions } from '#client/target.ts';
import type { Cloud } from '#emulator/cloud.ts';
import type { Recorder } from '#emulator/dashboard/recorder.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { allKinds } from '../input/kindInfos.ts';
import { actorOf } from '../session.ts';
import { carryOutWish } from './actions.ts';
import { balancesOf } from './balances.ts';
import { type BoardSource, cloudWatchBoard, localBoard } from './boards.ts';
import { nextTicks } from './definitions.ts';
import { wholeHost } from './hostWhole.ts';
import { createJobIndex, type JobIndex } from './jobIndex.ts';
import { findOf, jobsOf } from './jobLists.ts';
import { logsOfJob } from './jobLogs.ts';
import { bodyOfJob, flowOfJob, jobOf } from './jobWhole.ts';
import { kindForm } from './kinds.ts';
import type { LogLines } from './logLines.ts';
import { waitsOf } from './readWaits.ts';
import { CONSOLE_PORT, type ConsoleRooms, serveConsole } from './server.ts';
import { tablesOf } from './tables.ts';
import { verificationOf } from './verification.ts';
import type { Board, ConsoleSession } from './wire.ts';

/** How a console is opened. */
export interface ConsoleOptions extends TargetOptions {
  readonly port?: number;
  /** No request changes anything. */
  readonly readOnly?: boolean;
  /** The target is drawn as production, whatever its stage is called. */
  readonly production?: boolean;
  /** Who decides, for traces: the user's name on this machine by default. */
  readonly by?: string;
}

/** A console that answers. */
export interface OpenedConsole {
  /** The address to open, with the session's token. */
  readonly url: string;
  readonly label: string;
  stop(): Promise<void>;
}

const MINUTE = 60;
const LOCAL_RANGES = [15 * MINUTE, 30 * MINUTE];
const AWS_RANGES = [...[0.25, 1, 3, 12, 24].map((hours) => hours * 3_600), 7 * 86_400, 30 * 86_400];
const LOCAL_MS = { lists: 2_000, board: 5_000 };
/** Each look at AWS has a price. */
const AWS_MS = { lists: 10_000, board: 60_000 };
const PRODUCTION = /^prod(uction)?$/i;

interface Parts {
  readonly deployment: Deployment;
  readonly stage: string;
  readonly embedded: boolean;
  readonly index?: JobIndex;
  readonly lines?: LogLines;
  readonly board: BoardSource;
  /** All jobs, and their values, are in this process. */
  readonly here: boolean;
}

const sessionOf = (parts: Parts, options: ConsoleOptions): Omit<ConsoleSession, 'kinds'> => {
  const { deployment, stage, embedded, index, here } = parts;
  return {
    label: deployment.label,
    stage,
    embedded,
    production: options.production ?? (PRODUCTION.test(stage) && !embedded),
    readOnly: options.readOnly ?? false,
    actor: actorOf(options),
    refreshMs: embedded ? LOCAL_MS : AWS_MS,
    ranges: here ? LOCAL_RANGES : AWS_RANGES,
    indexed: index !== undefined,
  };
};

const roomsOf = (parts: Parts, options: ConsoleOptions): ConsoleRooms => {
  const { deployment, stage, index, lines, board } = parts;
  const session = sessionOf(parts, options);
  const acting = { ...deployment, clock: systemClock };
  return {
    asked: {
      // The kinds may have changed since the last page was opened.
      session: async () => ({ ...session, kinds: (await allKinds(deployment)).map(kindForm) }),
      board: (query) => board(Number(query.get('range')) || (session.ranges[0] ?? 0)),
      jobs: jobsOf(deployment, index),
      find: findOf(deployment),
      job: jobOf(deployment),
      body: bodyOfJob(deployment),
      flow: flowOfJob(deployment),
      logs: logsOfJob(deployment, stage, lines),
      host: wholeHost(deployment),
      waits: waitsOf(deployment, index),
      verify: verificationOf(deployment, systemClock.now),
      balances: balancesOf(deployment, systemClock.now),
      ticks: nextTicks(systemClock.now),
      ...tablesOf(deployment),
    },
    act: session.readOnly ? undefined : (wish) => carryOutWish(wish, acting, session.actor),
  };
};

const NO_BOARD: Omit<Board, 'note'> = {
  from: 0,
  binMs: 1,
  length: 0,
  rows: [],
  alarms: { defined: 0, on: [] },
};

/** What the embedded cloud measured is in its own process: its own page draws it. */
const elsewhere: BoardSource = () =>
  Promise.resolve({
    ...NO_BOARD,
    note: 'The graphs of an embedded cloud are on its own page: the address that sheratan up, dev or npm start printed.',
  });

/**
 * Opens the console of any deployment, with the user's own rights.
 *
 * @throws MeshError NO_DEPLOYMENT, WRONG_VERSION
 */
export const openConsole = async (options: ConsoleOptions): Promise<OpenedConsole> => {
  const running = embeddedFor(options);
  const deployment = await findDeployment(options);
  const { watching } = deployment;
  const stage = running?.stackName.replace(/^Sheratan-/, '') ?? options.stage ?? 'dev';
  const board = watching ? cloudWatchBoard(stage, watching) : elsewhere;
  const embedded = running !== undefined;
  const parts = { deployment, stage, embedded, here: false, board };
  const server = await serveConsole(roomsOf(parts, options), options.port ?? CONSOLE_PORT);
  return {
    url: server.url,
    label: deployment.label,
    stop: async () => {
      await server.stop();
      deployment.close();
    },
  };
};

/** What the console of an embedded cloud is made of. */
export interface EmbeddedConsole {
  readonly stage: string;
  readonly cloud: Cloud;
  readonly state: EmbeddedState;
  readonly recorder: Recorder;
  readonly lines: LogLines;
}

/** Opens the console of the cloud in this process, and follows its jobs until `stop`. */
export const openEmbeddedConsole = async (from: EmbeddedConsole): Promise<OpenedConsole> => {
  const { stage, cloud, state, recorder, lines } = from;
  const deployment = openEmbedded(state);
  const index = createJobIndex();
  const source = cloud.follow(cloud.outputs[OUTPUTS.jobsTable] ?? '', index.apply);
  const local = localBoard(stage, recorder, cloud);
  const parts = { deployment, stage, embedded: true, index, lines, here: true, board: local.board };
  const server = await serveConsole(roomsOf(parts, {}));
  return {
    url: server.url,
    label: deployment.label,
    stop: async () => {
      local.stop();
      await Promise.all([server.stop(), source.stop()]);
      deployment.close();
    },
  };
};
