/** `state`, `pause`, `resume`, `limits`: control of the running system. */

import { PRIORITIES } from '#shared/contracts/queues.ts';
import type { SourceLimits } from '#shared/contracts/worker.ts';
import { command } from '#shared/control/command.ts';
import {
  type Command,
  type Control,
  type ControlEvent,
  SYSTEM_STATES,
  type SystemState,
} from '#shared/control/state.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, plain, time } from '../print.ts';
import {
  actorOf,
  type DecisionOptions,
  looking,
  type Session,
  type SessionOptions,
  withDeployment,
} from '../session.ts';

const carryOut = async (
  what: Command,
  options: DecisionOptions,
  session: Session,
): Promise<ExitCode> => {
  const { control: store, clock } = session;
  const done = await command(what, actorOf(options), options.reason ?? '', { store, clock });
  if (!done.ok) throw new CliError(`${done.error.code}: ${done.error.message}`, EXIT.usage);
  const { event } = done.value;
  if (options.json) json(done.value);
  else if (event) out(`${plain(event.what)}: ${event.from} → ${paint('bold', plain(event.to))}`);
  else note('Nothing changed: it is so already.');
  return EXIT.ok;
};

export interface StateOptions extends DecisionOptions {
  readonly events: number;
}

const transition = (to: string, options: StateOptions, session: Session): Promise<ExitCode> => {
  const wanted = SYSTEM_STATES.find((name) => name === to.toUpperCase());
  if (!wanted) throw new CliError(`States are ${SYSTEM_STATES.join(', ')}.`, EXIT.usage);
  return carryOut({ kind: 'state', to: wanted }, options, session);
};

const printState = (control: Control, events: readonly ControlEvent[]): void => {
  const since = control.since > 0 ? ` since ${time(control.since)}` : '';
  out(`${paint('bold', control.state)}${since}`);
  const paused = { queues: control.pausedQueues, sources: control.pausedSources };
  for (const [what, names] of Object.entries(paused))
    if (names.length > 0) out(`paused ${what}: ${plain(names.join(', '))}`);
  const rows = events.map(({ at, what, from, to, actor, reason }) =>
    [time(at), what, `${from} → ${to}`, actor, reason].map(plain),
  );
  if (rows.length > 0) out(columns(rows));
};

/**
 * Shows the system's state, or changes it.
 *
 * @param to the new state; undefined only shows
 * @throws CliError for an unknown state or a forbidden transition
 */
export const state = (to: string | undefined, options: StateOptions): Promise<ExitCode> =>
  (to === undefined ? looking : withDeployment)(options, async (session) => {
    if (to !== undefined) return transition(to, options, session);
    const [control, events] = await Promise.all([
      session.control.get(),
      session.control.events(options.events),
    ]);
    if (options.json) json({ ...control, events });
    else printState(control, events);
    return EXIT.ok;
  });

export interface PauseOptions extends DecisionOptions {
  readonly queue?: string;
  readonly source?: string;
}

/**
 * What a pause or its end is for the mesh, a queue or a source.
 *
 * @throws CliError for an unknown queue
 */
export const pauseWish = (
  { queue, source }: Pick<PauseOptions, 'queue' | 'source'>,
  paused: boolean,
): Command => {
  if (queue !== undefined) {
    if (!PRIORITIES.some((name) => name === queue))
      throw new CliError(`Queues are ${PRIORITIES.join(', ')}.`, EXIT.usage);
    return { kind: 'queue', name: queue, paused };
  }
  if (source !== undefined) return { kind: 'source', name: source, paused };
  const to: SystemState = paused ? 'PAUSED' : 'OPERATIONAL';
  return { kind: 'state', to };
};

/**
 * Pauses or resumes the mesh, a queue or a source.
 *
 * @throws CliError for an unknown queue
 */
export const pause = (paused: boolean, options: PauseOptions): Promise<ExitCode> => {
  const what = pauseWish(options, paused);
  return withDeployment(options, (session) => carryOut(what, options, session));
};

export interface LimitOptions extends DecisionOptions {
  readonly perMinute?: number;
  readonly burst?: number;
  readonly concurrency?: number;
  readonly clear?: boolean;
}

/** Lists the sources with limits of their own. */
export const listLimits = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ control }) => {
    const { limits } = await control.get();
    const entries = Object.entries(limits);
    if (options.json) json(limits);
    else if (entries.length === 0)
      note('No source has limits of its own; the configured default counts.');
    else
      out(
        columns([
          ['SOURCE', 'PER MINUTE', 'BURST', 'CONCURRENCY'],
          ...entries.map(([name, { perMinute, burst, concurrency }]) =>
            [name, perMinute ?? '-', burst ?? '-', concurrency ?? '-'].map((cell) =>
              plain(String(cell)),
            ),
          ),
        ]),
      );
    return EXIT.ok;
  });

/**
 * What new limits of a source are; with `clear`, that it has none of its own.
 *
 * @throws CliError without a limit, or for a limit below 1
 */
export const limitsWish = (
  source: string,
  { perMinute, burst, concurrency, clear }: Omit<LimitOptions, keyof DecisionOptions>,
): Command => {
  const limits: SourceLimits = {
    ...(perMinute !== undefined && { perMinute }),
    ...(burst !== undefined && { burst }),
    ...(concurrency !== undefined && { concurrency }),
  };
  if (!clear && Object.values(limits).length === 0)
    throw new CliError('Give --per-minute, --burst or --concurrency, or --clear.', EXIT.usage);
  if (Object.values(limits).some((limit) => limit < 1))
    throw new CliError('A limit is at least 1; "pause --source" stops a source.', EXIT.usage);
  return { kind: 'limits', source, limits: clear ? undefined : limits };
};

/**
 * Sets the limits of one source; with `clear`, removes them.
 *
 * @throws CliError without a limit, or for a limit below 1
 */
export const setLimits = (source: string, options: LimitOptions): Promise<ExitCode> => {
  const what = limitsWish(source, options);
  return withDeployment(options, (session) => carryOut(what, options, session));
};
