/** The words of each action. */

/** A field of a question. */
interface AskedField {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'number';
}

/** An action that the reader began. */
export interface Begun {
  readonly action: string;
  readonly ids: readonly string[];
  /** Steps to retry from, or signals to send, or what to pause. */
  readonly choices?: readonly string[];
  /** The payload that a redrive may change. */
  readonly payload?: unknown;
  /** Fixed fields of the wish. */
  readonly more?: object;
  /** Further fields of the wish, which the reader fills in. */
  readonly asks?: readonly AskedField[];
  /** The name of its words, where this is not its action's. */
  readonly words?: string;
  /** The reason that is in its field at first. */
  readonly reason?: string;
  readonly done?: () => void;
}

interface Words {
  readonly verb: string;
  readonly means: string;
  /** How it is undone. */
  readonly undo: string;
  readonly grave?: boolean;
}

const WORDS: Readonly<Record<string, Words>> = {
  cancel: {
    verb: 'Cancel',
    means: 'A job that waits ends at once. A job that runs is asked to end at its next heartbeat.',
    undo: 'A redrive puts a cancelled job back.',
    grave: true,
  },
  redrive: {
    verb: 'Redrive',
    means: 'The job runs again from its beginning, with the steps that it kept.',
    undo: 'Cancel it while it waits; what it did is not taken back.',
  },
  retry: {
    verb: 'Retry',
    means: 'What was kept before the step counts. The step and all after it are done again.',
    undo: 'Cancel it while it waits; what it did is not taken back.',
  },
  signal: {
    verb: 'Signal',
    means: 'The job’s wait for this name ends with the data.',
    undo: 'A signal cannot be taken back: the first one of a name counts.',
  },
  skip: {
    verb: 'Skip',
    means: 'The job stays dead, and its group goes on without it.',
    undo: 'A redrive runs the job later, out of its place.',
    grave: true,
  },
  resume: {
    verb: 'Run again',
    means: 'The job runs again in its place, before the rest of its group.',
    undo: 'Cancel it while it waits.',
  },
  replay: {
    verb: 'Post again',
    means: 'The result is posted to its callback once more.',
    undo: 'A posting cannot be taken back.',
  },
  pause: {
    verb: 'Pause',
    means: 'No job starts there; jobs that run go on to their end.',
    undo: 'Resume lets the jobs start again.',
    grave: true,
  },
  limits: {
    verb: 'Limit',
    means: 'Starts a minute are evenly spaced; concurrency counts attempts at the same time.',
    undo: 'Clear them: the default counts again.',
  },
  clear: {
    verb: 'Clear the limits of',
    means: 'The configured default counts for the source again.',
    undo: 'Set them again.',
  },
  drain: {
    verb: 'Drain',
    means: 'The host takes no new jobs; what it runs goes on.',
    undo: 'Undrain lets it take jobs again.',
  },
  undrain: {
    verb: 'Undrain',
    means: 'The host takes jobs again.',
    undo: 'Drain it again.',
  },
  silence: {
    verb: 'Pause',
    means: 'The schedule sends no jobs until it is resumed; ticks meanwhile are not made up for.',
    undo: 'Resume lets it tick again.',
  },
  tick: {
    verb: 'Resume',
    means: 'The schedule sends its jobs again, from its next tick on.',
    undo: 'Pause it again.',
  },
  removeSchedule: {
    verb: 'Remove',
    means: 'The schedule sends no more jobs. Jobs that it sent go on.',
    undo: 'Add it again: note its expression and its job first.',
    grave: true,
  },
  removeHost: {
    verb: 'Remove',
    means: 'The mesh forgets the host and gives it no more jobs. What it runs now it finishes.',
    undo: 'Add it again: its uptime then begins anew.',
    grave: true,
  },
  unpause: {
    verb: 'Resume',
    means: 'The jobs start again.',
    undo: 'Pause stops them again.',
  },
};

/** What an action is called, what it does, and how it is undone. */
export const wordsOf = ({ action, words }: Begun): Words =>
  WORDS[words ?? action] ?? { verb: action, means: '', undo: '' };

/** What the action is about. */
export const nounOf = ({ ids }: Begun): string =>
  ids.length === 1 ? (ids[0] ?? '') : `${ids.length} jobs`;

/** Nothing keeps a reason for these. */
const UNEXPLAINED = ['signal', 'schedule', 'replay'];

/** Whether the action asks why. */
export const asksWhy = ({ action }: Begun): boolean => !UNEXPLAINED.includes(action);
