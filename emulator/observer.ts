/** What happens in the embedded cloud, for the recorder of metrics. */
import type { FauxqsServer } from 'fauxqs';
import type { LocalFunction } from './lambda/functions.ts';

interface Invocation {
  readonly functionName: string;
  readonly ms: number;
  readonly ok: boolean;
  /** How many invocations of the function run when this one begins, itself included. */
  readonly atOnce: number;
  /** Age of the first record of a stream, in ms. */
  readonly streamAgeMs: number | undefined;
}

export interface Observer {
  invoked(invocation: Invocation): void;
  /** Called when a message enters a queue. */
  sent(queueName: string): void;
}

export interface QueueState {
  readonly name: string;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** Age of the oldest message, in seconds; 0 for an empty queue. */
  readonly oldestSeconds: number;
}

interface StreamEvent {
  readonly Records?: readonly {
    readonly dynamodb?: { readonly ApproximateCreationDateTime?: number };
  }[];
}

const streamAgeOf = (event: unknown, now: number): number | undefined => {
  const [first] = (event as StreamEvent | null)?.Records ?? [];
  const seconds = first?.dynamodb?.ApproximateCreationDateTime;
  return seconds === undefined ? undefined : Math.max(0, now - seconds * 1_000);
};

/** The same function; the observer is told of each invocation when it ends. */
export const observed = (fn: LocalFunction, name: string, observer: Observer): LocalFunction => {
  let running = 0;
  return {
    ...fn,
    invoke: async (event) => {
      const began = Date.now();
      running += 1;
      const atOnce = running;
      const result = await fn.invoke(event);
      running -= 1;
      const streamAgeMs = streamAgeOf(event, began);
      const ms = Date.now() - began;
      observer.invoked({ functionName: name, ms, ok: result.ok, atOnce, streamAgeMs });
      return result;
    },
  };
};

/**
 * Tells the observer of each message. The server offers no events, only a wait for a message: a
 * wait that never ends sees all of them.
 */
export const watchSends = (messages: FauxqsServer, observer: Observer): void => {
  const seen = messages.spy.waitForMessage((message) => {
    if (message.service === 'sqs' && message.status === 'published')
      observer.sent(message.queueName);
    return false;
  });
  seen.catch(() => undefined);
};

/** What a queue holds at this moment. Reads the server's memory and changes nothing. */
export const queueState = (messages: FauxqsServer, name: string): QueueState => {
  const held = messages.inspectQueue(name)?.messages ?? { ready: [], delayed: [], inflight: [] };
  const all = [...held.ready, ...held.delayed, ...held.inflight.map(({ message }) => message)];
  const oldest = all.reduce((at, { sentTimestamp }) => Math.min(at, sentTimestamp), Date.now());
  return {
    name,
    visible: held.ready.length,
    inFlight: held.inflight.length,
    delayed: held.delayed.length,
    oldestSeconds: (Date.now() - oldest) / 1_000,
  };
};
