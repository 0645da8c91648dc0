/** Items of the ledger after 10, 1,000 and 100,000 transfers. */
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { type ItemSize, itemSizes, moveMany } from '../support/itemSizes.ts';
import { partsOf, startLedger } from '../support/ledger.ts';
import { line, round, title } from './stats.ts';

const COUNTS = [10, 1_000, 100_000];

export const benchLedgerSizes = async () => {
  title('Items of the ledger by the length of its history, in bytes as DynamoDB counts them');
  const server = await startTableServer();
  try {
    const test = await startLedger(server.endpoint);
    await test.open({ a: 1_000_000n, b: 1_000_000n });
    const began = performance.now();
    const sizes: (readonly ItemSize[])[] = [];
    let done = 2;
    for (const count of COUNTS) {
      await moveMany(test, ['a', 'b'], count - done);
      done = count;
      await sweepLanes(1, partsOf(test.options, 1));
      const found = await itemSizes(test, 'a');
      sizes.push(found);
      const text = found.map(({ item, bytes }) => `${item} ${bytes}`).join(', ');
      line(`after ${count} transfers`, text);
    }
    line('took', `${round((performance.now() - began) / 1_000)} s`);
    return { counts: COUNTS, sizes };
  } finally {
    await server.stop();
  }
};
