import { describe, expect, it } from 'vitest';
import { byMessageGroup, runGroups } from '#shared/jobs/worker/messageGroups.ts';

describe('groups', () => {
  it('keep the order within a group', () => {
    expect(byMessageGroup(['a1', 'b1', 'a2', 'c1', 'b2'], (item) => item.slice(0, 1))).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
      ['c1'],
    ]);
  });

  it('run beside each other: all first items start before any ends', async () => {
    const started: string[] = [];
    const gate = Promise.withResolvers<void>();
    const run = async (item: string) => {
      started.push(item);
      if (started.length === 3) gate.resolve();
      await gate.promise;
      return 'done';
    };
    await runGroups([['a1', 'a2'], ['b1'], ['c1']], run, () => false);
    expect(started.slice(0, 3).sort()).toEqual(['a1', 'b1', 'c1']);
    expect(started).toHaveLength(4);
  });

  it('stop at the first that must return, and leave its group alone only', async () => {
    const started: string[] = [];
    const run = (item: string) => {
      started.push(item);
      return Promise.resolve(item);
    };
    const results = await runGroups(
      [
        ['a1', 'a2', 'a3'],
        ['b1', 'b2'],
      ],
      run,
      (item) => item === 'a2',
    );
    expect(started.sort()).toEqual(['a1', 'a2', 'b1', 'b2']);
    expect(results.filter(({ result }) => result === undefined).map(({ item }) => item)).toEqual([
      'a3',
    ]);
  });
});
