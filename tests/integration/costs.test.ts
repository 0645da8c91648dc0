/** What jobs ask of tables and queues is what docs/costs.md reckons with. */
import { expect, it } from 'vitest';
import { COUNTED, count } from '../bench/costs.ts';

/** Units and requests by job, for what races for a condition. */
const TOLERANCE = 0.15;

const flat = ({ plain, features }: Awaited<ReturnType<typeof count>> | typeof COUNTED) =>
  [...plain, ...features].map((each) => ({
    what: 'what' in each ? each.what : `a batch of ${each.batchSize}`,
    writeUnits: each.writeUnits,
    queueRequests: each.queueRequests,
  }));

it('costs of jobs are as they were counted', async () => {
  const close = (value: number) => ({
    asymmetricMatch: (other: unknown) => Math.abs(Number(other) - value) <= TOLERANCE,
  });
  expect(flat(await count())).toEqual(
    flat(COUNTED).map(({ what, writeUnits, queueRequests }) => ({
      what,
      writeUnits: close(writeUnits),
      queueRequests: close(queueRequests),
    })),
  );
});
