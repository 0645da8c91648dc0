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
export type Fault = (typeof FAULTS)[number];

interface Invocation {
  dead: boolean;
  stalled: boolean;
  readonly die: () => void;
}

type Next = (args: never) => Promise<unknown>;

interface Stack {
  add(
    middleware: (next: Next) => (args: never) => Promise<unknown>,
    options: { step: 'initialize' },
  ): void;
}

export interface Injector {
  /** What was called, in order. */
  readonly calls: readonly string[];
  attach(client: { readonly middlewareStack: unknown }): void;
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

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** @param plan what strikes at the n-th call; undefined lets it through */
export const createInjector = (
  plan: (call: number, name: string) => Fault | undefined,
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

  const call = (name: string, send: () => Promise<unknown>): Promise<unknown> => {
    const invocation = current.getStore();
    if (invocation?.dead) return never();
    // Once it stalled it has had its fault: it goes on undisturbed.
    if (!invocation || invocation.stalled) return send();
    const fault = plan(calls.length, name);
    calls.push(name);
    return strike(fault, send, invocation);
  };

  return {
    calls,
    call: call as Injector['call'],
    attach: (client) => {
      (client.middlewareStack as Stack).add(
        (next) => (args) => {
          const name = Object.keys((args as { readonly input: object }).input).join();
          return call(name, () => next(args));
        },
        { step: 'initialize' },
      );
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
