import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { createHostEvents, EventsRefusedError } from '#shared/hosts/eventbridge/hostEvents.ts';
import type { StateChange } from '#shared/hosts/probing/hostState.ts';
import { ProbeMessageError, probeMessageOf } from '#shared/hosts/probing/probeMessage.ts';

const AT = Date.parse('2026-03-01T10:00:00Z');

describe('a message of the probes queue', () => {
  it('is one of three; the minute of the rule has its time as text', () => {
    const minute = { kind: 'minute', at: '2026-03-01T10:00:00Z' };
    expect(probeMessageOf(JSON.stringify(minute))).toEqual({ kind: 'minute', at: AT });
    const shard = { kind: 'shard', shard: '60-0', at: AT };
    expect(probeMessageOf(JSON.stringify(shard))).toEqual(shard);
    const suspect = { ...shard, kind: 'suspect', host: 'h', detail: 'refused' };
    expect(probeMessageOf(JSON.stringify(suspect))).toEqual(suspect);
  });

  it.each([
    ['not JSON', /not JSON: not JSON/],
    ['{"kind":"hour","at":1}', /kind/],
    ['{"kind":"minute","at":"soon"}', /at/],
    ['{"kind":"shard","at":1}', /shard/],
    ['{"kind":"shard","shard":"60-0","at":1,"more":1}', /more/],
  ])('that nobody of the mesh sends is refused by its field: %s', (body, named) => {
    expect(() => probeMessageOf(body)).toThrow(ProbeMessageError);
    expect(() => probeMessageOf(body)).toThrow(named);
  });
});

interface Entry {
  readonly Detail: string;
}

/** A bus that answers what the test says, by request. */
const busOf = (answers: readonly object[]) => {
  const requests: Entry[][] = [];
  const client = new EventBridgeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  client.middlewareStack.add(
    () => (args) => {
      const { Entries } = args.input as unknown as { Entries: Entry[] };
      requests.push(Entries);
      const output = { FailedEntryCount: 0, ...answers[requests.length - 1], $metadata: {} };
      return Promise.resolve({ response: {}, output: output as never });
    },
    { step: 'initialize' },
  );
  return { events: createHostEvents(client), requests };
};

describe('changes on the event bus', () => {
  const changes = Array.from(
    { length: 12 },
    (_, n): StateChange => ({
      host: `h-${n}`,
      number: n,
      seq: 7,
      from: 'online',
      to: 'offline',
      reason: 'timeout',
      since: AT,
      at: AT + 60_000,
      muted: false,
    }),
  );

  it('are put ten at a time, each under its name', async () => {
    const { events, requests } = busOf([]);
    await events.put(changes);
    expect(requests.map(({ length }) => length)).toEqual([10, 2]);
    expect(JSON.parse(requests[0]?.[0]?.Detail ?? '')).toEqual({
      id: 'h-0#7',
      host: 'h-0',
      seq: 7,
      from: 'online',
      to: 'offline',
      reason: 'timeout',
      since: '2026-03-01T10:00:00.000Z',
      at: '2026-03-01T10:01:00.000Z',
      muted: false,
    });
  });

  it('that the bus takes only in part are an error that says which', async () => {
    const Entries = [{ EventId: '1' }, { ErrorCode: 'Throttled', ErrorMessage: 'slow down' }];
    const { events } = busOf([{ FailedEntryCount: 1, Entries }]);
    await expect(events.put(changes.slice(0, 2))).rejects.toThrow(EventsRefusedError);
    const { events: again } = busOf([{ FailedEntryCount: 1, Entries }]);
    await expect(again.put(changes.slice(0, 2))).rejects.toThrow(/1 of 2: Throttled slow down/);
  });
});
