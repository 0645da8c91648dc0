/**
 * The state of the mesh and what may be paused: pure rules. The policy is the original system's.
 */
import { SOURCE_CONCURRENCY_MAX, type SourceLimits } from '#shared/contracts/worker.ts';
import { assert } from '#shared/kernel/assert.ts';
import { nameFault } from '#shared/kernel/names.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';

export const SYSTEM_STATES = [
  'OPERATIONAL',
  'DEGRADED',
  'REFLECTIVE',
  'RECOVERY',
  'PAUSED',
] as const;
export type SystemState = (typeof SYSTEM_STATES)[number];

/** The states that may follow each state. A change to the same state is always allowed. */
const POLICY: Readonly<Record<SystemState, readonly SystemState[]>> = {
  PAUSED: ['RECOVERY', 'OPERATIONAL'],
  OPERATIONAL: ['DEGRADED', 'REFLECTIVE', 'RECOVERY', 'PAUSED'],
  DEGRADED: ['OPERATIONAL', 'REFLECTIVE', 'RECOVERY', 'PAUSED'],
  REFLECTIVE: ['OPERATIONAL', 'DEGRADED', 'RECOVERY', 'PAUSED'],
  RECOVERY: ['OPERATIONAL', 'DEGRADED', 'PAUSED'],
};

export interface Control {
  readonly state: SystemState;
  /** ms since the epoch. */
  readonly since: number;
  /** Counts changes. A write applies only to the version that its writer has read. */
  readonly version: number;
  readonly pausedQueues: readonly string[];
  readonly pausedSources: readonly string[];
  readonly limits: Readonly<Record<string, SourceLimits>>;
  /** Until then, in ms since the epoch, the table may hold places in groups. */
  readonly groupsHeldUntil?: number;
}

export interface ControlEvent {
  /** ms since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly reason: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** The state of a mesh for which nobody has decided anything. */
export const INITIAL: Control = {
  state: 'OPERATIONAL',
  since: 0,
  version: 0,
  pausedQueues: [],
  pausedSources: [],
  limits: {},
};

/** A source's own limits. Own keys only: a source may have the name "constructor". */
export const limitsOf = ({ limits }: Control, source: string): SourceLimits | undefined =>
  Object.hasOwn(limits, source) ? limits[source] : undefined;

/** Every worker reads the whole control item every few seconds, so the item must stay small. */
const LIMITED_SOURCES_MAX = 1_000;
const PAUSED_SOURCES_MAX = 1_000;

export type Command =
  | { readonly kind: 'state'; readonly to: SystemState }
  | { readonly kind: 'queue' | 'source'; readonly name: string; readonly paused: boolean }
  | { readonly kind: 'limits'; readonly source: string; readonly limits: SourceLimits | undefined }
  /** Something that is kept elsewhere has changed: who changed it and why is kept here. */
  | ({ readonly kind: 'note' } & Pick<ControlEvent, 'what' | 'from' | 'to'>);

export interface CommandRefusal {
  readonly code:
    | 'REASON_MISSING'
    | 'NAME_INVALID'
    | 'TRANSITION_REFUSED'
    | 'TOO_MANY'
    | 'LIMIT_TOO_HIGH';
  readonly message: string;
}

interface Change {
  readonly next: Control;
  /** undefined when nothing changes. */
  readonly event: ControlEvent | undefined;
}

const without = (names: readonly string[], name: string) => names.filter((other) => other !== name);

const describe = (limits: SourceLimits | undefined): string =>
  limits === undefined
    ? 'default'
    : Object.entries(limits)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ') || 'unlimited';

type Step = Result<Pick<ControlEvent, 'what' | 'from' | 'to'> & { next: Control }, CommandRefusal>;

const toState = (control: Control, to: SystemState, now: number): Step => {
  const from = control.state;
  if (from !== to && !POLICY[from].includes(to))
    return err({
      code: 'TRANSITION_REFUSED',
      message: `${from} may go to ${POLICY[from].join(', ')}, not to ${to}`,
    });
  return ok({ what: 'system', from, to, next: { ...control, state: to, since: now } });
};

const toPaused = (
  control: Control,
  { kind, name, paused }: Extract<Command, { kind: 'queue' | 'source' }>,
): Step => {
  const key = kind === 'queue' ? 'pausedQueues' : 'pausedSources';
  const others = without(control[key], name);
  if (paused && others.length >= PAUSED_SOURCES_MAX)
    return err({ code: 'TOO_MANY', message: `${PAUSED_SOURCES_MAX} are paused already` });
  const word = (yes: boolean) => (yes ? 'paused' : 'running');
  const from = word(others.length < control[key].length);
  const next = { ...control, [key]: paused ? [...others, name] : others };
  return ok({ what: `${kind} ${name}`, from, to: word(paused), next });
};

const toLimits = (
  control: Control,
  { source, limits }: Extract<Command, { kind: 'limits' }>,
): Step => {
  const { [source]: _before, ...others } = control.limits;
  const before = limitsOf(control, source);
  if (limits && Object.keys(others).length >= LIMITED_SOURCES_MAX)
    return err({
      code: 'TOO_MANY',
      message: `${LIMITED_SOURCES_MAX} sources have limits of their own already; change the default instead`,
    });
  if ((limits?.concurrency ?? 0) > SOURCE_CONCURRENCY_MAX)
    return err({
      code: 'LIMIT_TOO_HIGH',
      message: `concurrency: at most ${SOURCE_CONCURRENCY_MAX} attempts of a source run at the same time`,
    });
  const next = { ...control, limits: limits ? { ...others, [source]: limits } : others };
  return ok({ what: `limits of ${source}`, from: describe(before), to: describe(limits), next });
};

const stepOf = (control: Control, command: Command, now: number): Step => {
  if (command.kind === 'state') return toState(control, command.to, now);
  if (command.kind === 'note') {
    const { what, from, to } = command;
    return ok({ what, from, to, next: control });
  }
  const fault = nameFault(command.kind === 'limits' ? command.source : command.name);
  if (fault) return err({ code: 'NAME_INVALID', message: `${command.kind}: the name ${fault}` });
  return command.kind === 'limits' ? toLimits(control, command) : toPaused(control, command);
};

/**
 * The control item after a command, and the event to record. The item keeps its version, and the
 * event is undefined, when the command changes nothing.
 * @param now ms since the epoch
 */
export const decide = (
  control: Control,
  command: Command,
  actor: string,
  reason: string,
  now: number,
): Result<Change, CommandRefusal> => {
  if (reason.trim() === '')
    return err({ code: 'REASON_MISSING', message: 'say why: a reason is required' });
  const step = stepOf(control, command, now);
  if (!step.ok) return step;
  const { what, from, to, next } = step.value;
  if (from === to) return ok({ next: control, event: undefined });
  assert(next.version === control.version, 'a step leaves the version to its caller');
  const event = { at: now, actor, reason, what, from, to };
  return ok({ next: { ...next, version: control.version + 1 }, event });
};
