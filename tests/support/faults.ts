/** Faults between our code and AWS: every call of an invocation is a point where one can strike. */
import { AsyncLocalStorage } from 'node:async_hooks';

export const FAULTS = [
  /** Never arrives; the SDK gave up. */
  'request lost',
  /** Arrives and is carried out; nobody hears of it. */
  'answer lost',
  /** Carried out, unheard, and sent again by the SDK. */
  'answer lost, sent again',
  'throttled',
  'conflict',
  'killed before',
  'killed after',
  /** Frozen for longer than its lease, while others take over; then it goes on as if nothing was. */
  'stalled',
] as const;

/** What money has to bear beside. */
export const MONEY_FAULTS = [
  ...FAULTS,
  /** Given up by whoever sent it, and carried out later all the same. */
  'lands late',
  /** Of a batch, a half is carried out: the rest comes back. */
  'half a batch',
] as const;
export type Fault = (typeof MONEY_FAULTS)[number];

/** Nobody can tell a read that was lost on its way from one whose answer was lost. */
const READ_FAULTS: readonly Fault[] = [
  'request lost',
  'throttled',
  'killed before',
  'stalled',
  'half a batch',
];
/** Whether the call changes nothing, by its name. */
export const isRead = (name: string): boolean =>
  /^(Batch|Transact)?(Get|Query|Scan|Head)/.test(name);

/** Not carried out, and said so: they differ by the error's name, at which none of our code looks. */
const REFUSALS: readonly Fault[] = ['request lost', 'throttled', 'conflict'];

/**
 * The faults that the n-th call can tell apart, by its name; refusals take turns.
 * SHERATAN_EVERY_FAULT=1 strikes with all of them.
 */
export const tellable = (
  name: string | undefined,
  faults: readonly Fault[],
  n: number,
): readonly Fault[] => {
  if (process.env['SHERATAN_EVERY_FAULT'] || !name) return faults;
  const told = isRead(name) ? faults.filter((fault) => READ_FAULTS.includes(fault)) : faults;
  const refusals = told.filter((fault) => REFUSALS.includes(fault));
  const turn = refusals[n % refusals.length];
  return told.filter((fault) => fault === turn || !REFUSALS.includes(fault));
};

/**
 * Whether to strike at a call. Of reads that follow each other and are alike, such as those of all
 * shards of an index, the first stands for the others.
 */
export const isApart = (at: number, calls: readonly string[]): boolean =>
  process.env['SHERATAN_EVERY_FAULT'] !== undefined ||
  !isRead(calls[at] ?? '') ||
  calls[at] !== calls[at - 1];

/**
 * What strikes at a call, without what would be the same again: killed before a call is killed after
 * the call before. All with SHERATAN_EVERY_FAULT=1.
 */
export const apart = (
  at: number,
  calls: readonly string[],
  faults: readonly Fault[],
): readonly Fault[] => {
  const all = tellable(calls[at], faults, at);
  if (process.env['SHERATAN_EVERY_FAULT'] !== undefined) return all;
  if (!isApart(at, calls)) return [];
  return at === 0 || faults.length === 1 ? all : all.filter((fault) => fault !== 'killed before');
};

interface Invocation {
  dead: boolean;
  stalled: boolean;
  readonly die: () => void;
}

interface Args {
  readonly input: { readonly RequestItems?: Readonly<Record<string, unknown>> };
}

type Next = (args: Args) => Promise<unknown>;

type Middleware = (
  next: Next,
  context: { readonly commandName?: string },
) => (args: Args) => Promise<unknown>;

interface Stack {
  add(middleware: Middleware, options: { step: 'initialize' }): void;
  remove(middleware: Middleware): boolean;
}

export interface Injector {
  /** What was called, in order. */
  readonly calls: readonly string[];
  /** @returns takes the injector off the client again */
  attach(client: { readonly middlewareStack: unknown }): () => void;
  /** A call that no SDK makes; what strikes it is thrown as an {@link Injected}. */
  call<T>(name: string, send: () => Promise<T>): Promise<T>;
  /** Runs `work` as a process of its own would: 'killed' when a fault ended it. */
  invoke<T>(work: () => Promise<T>): Promise<T | 'killed'>;
  /** Lets what stalled before the last call of this go on, and waits until it has ended. */
  wake(): Promise<void>;
  /** A point that is no SDK call. true: the fault strikes here. */
  point(name: string): boolean;
}

export class Injected extends Error {
  readonly $retryable = { throttling: false };
  constructor(name: string) {
    super(`injected: ${name}`);
    this.name = name;
  }
}

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('what was woken never ended')), ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
};

const half = (all: unknown): readonly [unknown, unknown] | undefined => {
  const keys = Array.isArray(all) ? all : (all as { Keys?: readonly unknown[] }).Keys;
  if (!keys || keys.length < 2) return undefined;
  const middle = Math.ceil(keys.length / 2);
  const [some, rest] = [keys.slice(0, middle), keys.slice(middle)];
  return Array.isArray(all)
    ? [some, rest]
    : [
        { ...(all as object), Keys: some },
        { ...(all as object), Keys: rest },
      ];
};

/** What is no batch, or cannot be halved, goes through whole. */
const sendHalf = async (args: Args, next: Next): Promise<unknown> => {
  const [[table, all] = ['', []]] = Object.entries(args.input.RequestItems ?? {});
  const halves = half(all);
  if (!halves) return next(args);
  const [some, rest] = halves;
  const answer = await next({ ...args, input: { ...args.input, RequestItems: { [table]: some } } });
  const left = { [table]: rest };
  const field = Array.isArray(all) ? 'UnprocessedItems' : 'UnprocessedKeys';
  const { output } = answer as { output: object };
  return { ...(answer as object), output: { ...output, [field]: left } };
};

const never = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * @param plan what strikes at the n-th call; undefined lets it through
 * @param meanwhile what somebody else does before the n-th call
 */
export const createInjector = (
  plan: (call: number, name: string) => Fault | undefined,
  meanwhile?: (call: number) => Promise<unknown> | undefined,
): Injector => {
  const calls: string[] = [];
  const current = new AsyncLocalStorage<Invocation>();
  let asleep: (() => void)[] = [];
  let waking: (() => void)[] = [];
  /** How many of the zombies, the oldest first, are woken next. */
  let due = 0;
  const zombies: Promise<unknown>[] = [];

  const strike = async (
    fault: Fault | undefined,
    send: () => Promise<unknown>,
    sendSome: () => Promise<unknown>,
    invocation: Invocation,
  ): Promise<unknown> => {
    switch (fault) {
      case undefined:
        return send();
      case 'request lost':
        throw new Injected('TimeoutError');
      case 'throttled':
        throw new Injected('ThrottlingException');
      case 'conflict':
        throw new Injected('TransactionConflictException');
      case 'answer lost':
        await send();
        throw new Injected('TimeoutError');
      case 'answer lost, sent again':
        await send();
        return send();
      case 'stalled':
        invocation.stalled = true;
        invocation.die();
        await new Promise<void>((resolve) => asleep.push(resolve));
        return send();
      case 'lands late': {
        const woken = new Promise<void>((resolve) => asleep.push(resolve));
        zombies.push(woken.then(send).catch(() => undefined));
        throw new Injected('TimeoutError');
      }
      case 'half a batch':
        return sendSome();
      case 'killed before':
        invocation.die();
        return never();
      case 'killed after': {
        const answer = await send();
        // Another call of it stalled meanwhile: that is its fault.
        if (invocation.stalled) return answer;
        invocation.die();
        return never();
      }
    }
  };

  const call = (name: string, send: () => Promise<unknown>, sendSome = send): Promise<unknown> => {
    const invocation = current.getStore();
    if (invocation?.dead) return never();
    // Once it stalled it has had its fault: it goes on undisturbed.
    if (!invocation || invocation.stalled) return send();
    const fault = plan(calls.length, name);
    const other = meanwhile?.(calls.length);
    calls.push(name);
    const go = () => strike(fault, send, sendSome, invocation);
    return other === undefined ? go() : other.then(go);
  };

  return {
    calls,
    call: call as Injector['call'],
    attach: (client) => {
      const stack = client.middlewareStack as Stack;
      const middleware: Middleware =
        (next, { commandName }) =>
        (args) => {
          const name = `${commandName ?? ''} ${Object.keys(args.input).join()}`;
          return call(
            name,
            () => next(args),
            () => sendHalf(args, next),
          );
        };
      stack.add(middleware, { step: 'initialize' });
      return () => {
        stack.remove(middleware);
      };
    },
    invoke: async <T>(work: () => Promise<T>) => {
      let die = (): void => undefined;
      const killed = new Promise<'killed'>((resolve) => {
        die = () => resolve('killed');
      });
      const invocation: Invocation = {
        dead: false,
        stalled: false,
        die: () => {
          invocation.dead = !invocation.stalled;
          die();
        },
      };
      const running = current.run(invocation, work);
      const result = await Promise.race([running, killed]);
      if (invocation.stalled) zombies.push(running.catch(() => undefined));
      // Whatever it left running can reach nothing any more.
      else invocation.dead = true;
      return result;
    },
    wake: async () => {
      const [woken, running] = [waking, zombies.splice(0, due)];
      [waking, asleep, due] = [asleep, [], zombies.length];
      for (const resume of woken) resume();
      await within(5_000, Promise.all(running));
    },
    point: (name) => {
      const fault = plan(calls.length, name);
      calls.push(name);
      return fault !== undefined;
    },
  };
};
