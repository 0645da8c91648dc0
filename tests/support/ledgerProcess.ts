/** A process of its own that pays one unit many times: `node ledgerProcess.ts ENDPOINT TABLE NAME COUNT`. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openLedger } from '#shared/wiring/openLedger.ts';

const [endpoint = '', table = '', name = '', count = '0'] = process.argv.slice(2);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const { ledger } = openLedger({ client, table, lanes: 1, logger });

/** Asked again under the same id until the outcome is known. */
const pay = async (id: string): Promise<void> => {
  const payment = { id, unit: 'CRD', from: 'payer', to: 'shared', amount: 1n };
  let { code } = await ledger.transfer(payment);
  while (code === 'unknown') ({ code } = await ledger.transfer(payment));
  if (code !== 'created' && code !== 'exists') throw new Error(`${id}: ${code}`);
};

await Promise.all(Array.from({ length: Number(count) }, (_, n) => pay(`${name}-${n}`)));
