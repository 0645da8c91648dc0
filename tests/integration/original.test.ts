/** The original ledger's own tests, asked of this one. Its fourth, throughput, is `npm run bench`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createLedgerReader } from '#shared/ledger/dynamo/reader.ts';
import { follow, newReplica } from '#shared/ledger/replica.ts';
import { postedOf } from '#shared/ledger/types.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const PROCESSES = 4;
const WRITES = 100;
const INCREMENTS = 200;

let test: TestLedger;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'));
  await test.open({ payer: 1_000n, shared: 0n, counter: 0n });
});
afterAll(async () => expect((await auditOf(test)).problem).toBeUndefined());

describe('as the original asked', () => {
  it(`${PROCESSES} processes write ${WRITES} times each to one account: no write is lost`, async () => {
    const run = promisify(execFile);
    const { table } = test.options;
    await Promise.all(
      Array.from({ length: PROCESSES }, (_, n) => {
        const args = [inject('dynamoEndpoint'), table, `process-${n}`, String(WRITES)];
        return run(process.execPath, ['tests/support/ledgerProcess.ts', ...args]);
      }),
    );
    expect(await test.available('shared')).toBe(BigInt(PROCESSES * WRITES));
  }, 120_000);

  it(`${INCREMENTS} concurrent increments come to ${INCREMENTS}`, async () => {
    const outcomes = await Promise.all(
      Array.from({ length: INCREMENTS }, (_, n) =>
        test.ledger.transfer({ id: `i${n}`, unit: UNIT, from: 'payer', to: 'counter', amount: 1n }),
      ),
    );
    expect(outcomes.filter(({ code }) => code !== 'created')).toEqual([]);
    expect(await test.available('counter')).toBe(BigInt(INCREMENTS));
  });

  it('writer and replica are equal, to the last unit', async () => {
    const reader = createLedgerReader(test.options);
    const { replays, problem } = await follow(newReplica(1), reader);
    expect(problem).toBeUndefined();
    const [replay] = replays;
    for await (const balances of reader.balances())
      for (const { key, lane, position } of balances) {
        const copy = replay?.book.position(key, lane);
        expect(copy && postedOf(copy), key.account).toBe(postedOf(position));
        expect(copy?.seq, key.account).toBe(position.seq);
      }
    expect((await auditOf(test)).digest).toEqual(
      replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
    );
  });
});
