/** Sends charges to `postings.fifo`, and reads them from its messages. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import { chargeOf } from '../charge.ts';
import type { Charges } from '../ports.ts';
import type { Charge } from '../settleCharge.ts';

/** The queue refused charges. The caller may send all of them again. */
class ChargesRefusedError extends Error {
  override readonly name = 'ChargesRefusedError';
  readonly code = 'CHARGES_REFUSED';
}

/** How many message groups there are. Charges of one payer are in one group, and run one by one. */
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

/**
 * Charges over the postings queue. Jobs that cost nothing are left out.
 * `send` throws ChargesRefusedError CHARGES_REFUSED when the queue does not take a charge.
 */
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

/**
 * Reads the charge of a message. The mesh is the only sender of the queue: the content is not
 * checked.
 * @throws SyntaxError when the body is not JSON, or the amount is no number
 */
export const chargeIn = (body: string): Charge => {
  const { amount, ...charge } = JSON.parse(body) as Omit<Charge, 'amount'> & { amount: string };
  return { ...charge, amount: BigInt(amount) };
};
