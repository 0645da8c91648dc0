/** What jobs ask of tables and queues is what docs/costs.md reckons with. */
import { expect, it } from 'vitest';
import { COUNTED, count } from '../bench/costs.ts';

/** Units and requests by job, for what races for a condition. */
const TOLERANCE = 0.15;
/** How many postings share a block is a matter of time: on a busy machine fewer do. */
const RACING: Readonly<Record<string, number>> = {
  'a price': 1,
  'the statements of a price': 1,
};

const flat = ({ plain, features, byUrl }: Awaited<ReturnType<typeof count>> | typeof COUNTED) =>
  [...plain, ...features, ...byUrl].map((each) => ({
    what: 'what' in each ? each.what : `a batch of ${each.batchSize}`,
    writeUnits: each.writeUnits,
    queueRequests: each.queueRequests,
    readUnits: 'readUnits' in each ? each.readUnits : 0,
  }));

it('costs of jobs are as they were counted', async () => {
  const close = (value: number, what: string) => ({
    asymmetricMatch: (other: unknown) =>
      Math.abs(Number(other) - value) <= (RACING[what] ?? TOLERANCE),
  });
  expect(flat(await count())).toEqual(
    flat(COUNTED).map(({ what, writeUnits, queueRequests, readUnits }) => ({
      what,
      readUnits,
      writeUnits: close(writeUnits, what),
      queueRequests: close(queueRequests, what),
    })),
  );
});
