/** Jobs of every sort that cost something, and the proof that each of them ended, and was paid, once. */
import { expect } from 'vitest';
import { sendItems } from '#cli/commands/send.ts';
import { inputItemsOf } from '#cli/input/input.ts';
import type { Deployment } from '#client/deployment.ts';
import { watchJobs } from '#client/wait.ts';
import { chargeIdOf } from '#shared/billing/jobCost.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { differenceIn } from './ledger.ts';
import type { Receiver } from './receiver.ts';

const FUNDS = 1_000_000n;
const COST = 100n;
const UNIT = 'CRD';
const PATIENCE = { timeout: 120_000, interval: 200 };

export const openPayer = async ({ ledger: { ledger } }: Deployment): Promise<void> => {
  await ledger.openAccount({ unit: UNIT, account: 'mint', guarded: false });
  await ledger.openAccount({ unit: UNIT, account: 'ada' });
  await ledger.transfer({ id: 'fund', unit: UNIT, from: 'mint', to: 'ada', amount: FUNDS });
};

/** Some plain, some with a callback, some after the one before; over all queues. */
export const envelopesOf = (name: string, count: number, callbackUrl: string): readonly object[] =>
  Array.from({ length: count }, (_, n) => ({
    kind: 'echo',
    id: `${name}-${n}`,
    payload: { n, delayMs: n % 4 === 0 ? 200 : 0 },
    priority: PRIORITIES[n % PRIORITIES.length],
    cost: { payer: 'ada', amount: Number(COST) },
    retry: { maxAttempts: 100, baseSeconds: 1, capSeconds: 1 },
    ...(n % 3 === 1 && { callback: { url: callbackUrl } }),
    ...(n % 3 === 2 && { dependsOn: [`${name}-${n - 1}`] }),
  }));

export const sendAll = async (
  mesh: Deployment,
  envelopes: readonly object[],
): Promise<readonly string[]> => {
  const report = await sendItems(inputItemsOf('test', JSON.stringify(envelopes)), mesh);
  expect(report.refused).toEqual([]);
  return report.sent.map(({ id }) => id);
};

export const expectEachOnce = async (
  mesh: Deployment,
  ids: readonly string[],
  { received }: Receiver,
): Promise<void> => {
  const options = { ids, timeoutMs: PATIENCE.timeout, onChange: () => undefined };
  const seen = await watchJobs(mesh, options);
  const records = ids.flatMap((id) => seen.get(id) ?? []);
  expect(records.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
  expect(records).toHaveLength(ids.length);
  for (const { history } of records)
    expect(history.filter(({ event }) => event === 'completed')).toHaveLength(1);
  const charges = records.map(chargeIdOf);
  const { reader, ledger } = mesh.ledger;
  await expect.poll(async () => (await reader.records(charges)).length, PATIENCE).toBe(ids.length);
  const balance = () => ledger.balance({ unit: UNIT, account: 'ada' });
  await expect
    .poll(balance, PATIENCE)
    .toMatchObject({ posted: FUNDS - COST * BigInt(ids.length), held: 0n });
  expect(await differenceIn(mesh.ledger)).toBeUndefined();
  const called = ids.filter((_, n) => n % 3 === 1).sort();
  await expect
    .poll(
      () => [...new Set(received.map(({ body }) => String(JSON.parse(body).id)))].sort(),
      PATIENCE,
    )
    .toEqual(called);
};
