/** Charges on their way to `postings.fifo`, and back out of it. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import { chargeOf } from '../charge.ts';
import type { Charges } from '../ports.ts';
import type { Charge } from '../settleCharge.ts';

/** Charges that the queue did not take: sending all of them again does no harm. */
class ChargesRefusedError extends Error {
  override readonly name = 'ChargesRefusedError';
  readonly code = 'CHARGES_REFUSED';
}

/** As many charges at once, each payer's one after another. */
const GROUPS = 64;

const bodyOf = ({ amount, ...charge }: Charge): string =>
  asciiJson({ ...charge, amount: String(amount) });

const entryOf = (charge: Charge) => {
  const { id, unit, payer, due } = charge;
  const group = Number.parseInt(sha256(`${unit}#${payer}`).slice(0, 8), 16) % GROUPS;
  return {
    MessageBody: bodyOf(charge),
    MessageGroupId: `payers-${group}`,
    MessageDeduplicationId: sha256(`${id}\n${due ? 'post' : 'release'}`),
  };
};

export const createCharges = (sqs: SQSClient, queueUrl: string): Charges => ({
  send: async (ended) => {
    const charges = ended.flatMap((record) => chargeOf(record) ?? []);
    await sendAll(
      sqs,
      queueUrl,
      charges.map(entryOf),
      (what) => new ChargesRefusedError(`the postings queue refused ${what}`),
    );
  },
});

/** The mesh is the queue's only sender, so its messages are what {@link createCharges} wrote. */
export const chargeIn = (body: string): Charge => {
  const { amount, ...charge } = JSON.parse(body) as Omit<Charge, 'amount'> & { amount: string };
  return { ...charge, amount: BigInt(amount) };
};
