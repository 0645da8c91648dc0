/** Charges on their way to `postings.fifo`, and back out of it. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Charges } from '#shared/jobs/money.ts';
import { chunksOf } from '#shared/kernel/batches.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { chargeOf } from '../charges.ts';
import type { Charge } from '../settle.ts';

/** Charges that the queue did not take: sending all of them again does no harm. */
class ChargesRefusedError extends Error {
  override readonly name = 'ChargesRefusedError';
  readonly code = 'CHARGES_REFUSED';
}

const ENTRIES_MAX = 10;
/** As many charges at once, each payer's one after another. */
const GROUPS = 64;

const bodyOf = (charge: Charge): string =>
  JSON.stringify(charge, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );

const entryOf = (charge: Charge, index: number) => {
  const { id, unit, payer, due } = charge;
  const group = Number.parseInt(sha256(`${unit}#${payer}`).slice(0, 8), 16) % GROUPS;
  return {
    Id: String(index),
    MessageBody: bodyOf(charge),
    MessageGroupId: `payers-${group}`,
    MessageDeduplicationId: sha256(`${id}\n${due ? 'post' : 'release'}`),
  };
};

export const createCharges = (sqs: SQSClient, queueUrl: string): Charges => ({
  send: async (ended) => {
    const charges = ended.flatMap((record) => chargeOf(record) ?? []);
    for (const some of chunksOf(charges, ENTRIES_MAX)) {
      const Entries = some.map(entryOf);
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      const [first] = Failed;
      if (first)
        throw new ChargesRefusedError(
          `the postings queue refused ${Failed.length} of ${Entries.length}: ${first.Code} ${first.Message}`,
        );
    }
  },
});

/** The mesh is the queue's only sender, so its messages are what {@link createCharges} wrote. */
export const chargeIn = (body: string): Charge => {
  const { amount, ...charge } = JSON.parse(body) as Omit<Charge, 'amount'> & { amount: string };
  return { ...charge, amount: BigInt(amount) };
};
