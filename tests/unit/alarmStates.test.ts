import { describe, expect, it } from 'vitest';
import { alarmsOn } from '#emulator/dashboard/alarms.ts';
import { createStore } from '#emulator/dashboard/store.ts';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';

const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const specs = alarmsOf(inventoryOf('dev', ['worker', 'reporter', 'settler', 'timekeeper']));

interface Measured {
  readonly service: string;
  readonly name: string;
  readonly value: number;
  readonly minutesAgo: number;
}

/** Ids of the alarms that are on when this was measured. */
const on = (...measured: readonly Measured[]): readonly string[] => {
  const store = createStore();
  for (const { service, name, value, minutesAgo } of measured)
    store.record(
      { namespace: 'Sheratan-dev', name, dimensions: { service } },
      [value],
      NOW - minutesAgo * MINUTE_MS,
    );
  return alarmsOn(specs, store, NOW, 0).map(({ id }) => id);
};

const minutes = (each: Omit<Measured, 'minutesAgo'>, count: number): readonly Measured[] =>
  Array.from({ length: count }, (_, minutesAgo) => ({ ...each, minutesAgo }));

const dead = { service: 'worker', name: 'JobsDead', value: 10 };
const done = { service: 'worker', name: 'JobsCompleted', value: 20 };

describe('the alarms', () => {
  it('are quiet while nothing is measured', () => {
    expect(on()).toEqual([]);
  });

  it('are on at once where one is enough', () => {
    const one = { service: 'worker', name: 'JobsQuarantined', value: 1, minutesAgo: 0 };
    expect(on(one)).toEqual(['Quarantined']);
    expect(on({ ...one, value: 0 })).toEqual([]);
    expect(on({ ...one, minutesAgo: 3 })).toEqual([]);
  });

  it('wait for as many minutes as they are told, and go by shares', () => {
    expect(on(...minutes(dead, 2), ...minutes(done, 2))).toEqual([]);
    expect(on(...minutes(dead, 3), ...minutes(done, 3))).toEqual(['DeadRate']);
    expect(on(...minutes(dead, 3), ...minutes({ ...done, value: 1_000 }, 3))).toEqual([]);
    const none = { ...done, value: 0 };
    expect(on(...minutes({ ...dead, value: 4 }, 5), ...minutes(none, 5))).toEqual([]);
  });

  it('of dead jobs are on when everything dies: that nothing completes is counted, too', () => {
    expect(on(...minutes(dead, 3), ...minutes({ ...done, value: 0 }, 3))).toEqual(['DeadRate']);
  });

  it('of late jobs are on when even the quickest start was late, however old a retry is', () => {
    const wait = (value: number) =>
      minutes({ service: 'worker', name: 'JobWaitCritical', value }, 5);
    expect(on(...wait(61_000))).toEqual(['JobsLateCritical']);
    expect(on(...wait(61_000), ...wait(5))).toEqual([]);
  });

  it('of the oldest message are on while some wait and nobody asks, not for those that wait on purpose', () => {
    const queue = 'sheratan-dev-jobs-critical.fifo';
    const idle = (name: string, value: number) => ({ name, value });
    const of = (...measured: readonly { name: string; value: number }[]) => {
      const store = createStore();
      for (const { name, value } of measured)
        for (let minutesAgo = 0; minutesAgo < 5; minutesAgo += 1)
          store.record(
            { namespace: 'AWS/SQS', name, dimensions: { QueueName: queue } },
            [value],
            NOW - minutesAgo * MINUTE_MS,
          );
      return alarmsOn(specs, store, NOW, 0).map(({ id }) => id);
    };
    const age = idle('ApproximateAgeOfOldestMessage', 40_000);
    const some = idle('ApproximateNumberOfMessagesVisible', 3);
    expect(of(age, some)).toEqual(['OldestMessageCritical']);
    expect(of(age, idle('ApproximateNumberOfMessagesVisible', 0))).toEqual([]);
    expect(of(age, some, idle('NumberOfMessagesReceived', 30))).toEqual([]);
    expect(of(age, some, idle('NumberOfEmptyReceives', 12))).toEqual([]);
  });

  it('tell of messages that keep coming back for a fault of ours, not of one that did once', () => {
    const fault = { service: 'worker', name: 'JobsUndecided', value: 1 };
    expect(on(...minutes(fault, 2))).toEqual([]);
    expect(on(...minutes(fault, 3))).toEqual(['Undecided']);
  });

  it('of a dead man’s switch are on when nothing comes, once something should have', () => {
    const [prober] = alarmsOf(inventoryOf('dev', ['prober'])).filter(
      ({ id }) => id === 'ProberDead',
    );
    const switches = prober ? [prober] : [];
    expect(alarmsOn(switches, createStore(), NOW, NOW - 2 * MINUTE_MS)).toEqual([]);
    expect(alarmsOn(switches, createStore(), NOW, NOW - 4 * MINUTE_MS)).toHaveLength(1);
  });
});
