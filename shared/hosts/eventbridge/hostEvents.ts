/** HostEvents on the default event bus: one entry per change, with the change's id. */
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { HOST_EVENT_SOURCE, HOST_EVENT_TYPE } from '#shared/contracts/hosts.ts';
import { chunksOf } from '#shared/kernel/batches.ts';
import type { HostEvents } from '../ports.ts';
import type { StateChange } from '../probing/hostState.ts';

/** The bus took only some of the changes. To put all of them again does no harm. */
export class EventsRefusedError extends Error {
  override readonly name = 'EventsRefusedError';
  readonly code = 'EVENTS_REFUSED';
}

const ENTRIES_MAX = 10;

const entryOf = (change: StateChange) => {
  const { host, seq, from, to, reason, since, at, muted } = change;
  const times = { since: new Date(since).toISOString(), at: new Date(at).toISOString() };
  return {
    Source: HOST_EVENT_SOURCE,
    DetailType: HOST_EVENT_TYPE,
    Time: new Date(at),
    Detail: JSON.stringify({ id: `${host}#${seq}`, host, seq, from, to, reason, ...times, muted }),
  };
};

/**
 * Puts changes on the event bus.
 *
 * @throws EventsRefusedError `EVENTS_REFUSED` when an entry was refused
 */
export const createHostEvents = (client: EventBridgeClient): HostEvents => ({
  put: async (changes) => {
    for (const some of chunksOf(changes, ENTRIES_MAX)) {
      const Entries = some.map(entryOf);
      const { FailedEntryCount = 0, Entries: answers = [] } = await client.send(
        new PutEventsCommand({ Entries }),
      );
      const refused = answers.find(({ ErrorCode }) => ErrorCode !== undefined);
      if (FailedEntryCount > 0)
        throw new EventsRefusedError(
          `the event bus refused ${FailedEntryCount} of ${Entries.length}: ${refused?.ErrorCode} ${refused?.ErrorMessage}`,
        );
    }
  },
});
