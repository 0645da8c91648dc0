/** The original ledger's own tests, asked of this one. Its fourth, throughput, is `npm run bench`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { follow, newReplica } from '#shared/ledger/audit/replica.ts';
import { postedOf } from '#shared/ledger/core/types.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
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
    let compared = 0;
    for await (const items of reader.items())
      for (const item of items) {
        if (item.kind !== 'balance') continue;
        const { key, lane, position } = item.balance;
        compared += 1;
        const copy = replay?.book.position(key, lane);
        expect(copy && postedOf(copy), key.account).toBe(postedOf(position));
        expect(copy?.seq, key.account).toBe(position.seq);
      }
    expect(compared).toBe(4);
    expect((await auditOf(test)).digest).toEqual(
      replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
    );
  });
});
