/** postings.fifo → the ledger: what jobs cost that have ended. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { settleCharge } from '#shared/ledger/settle.ts';
import { chargeIn } from '#shared/ledger/sqs/postings.ts';
import { openLedger } from '#shared/ledger/system.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { dynamoClient } from '#shared/runtime/clients.ts';
import { settleAll } from '#shared/runtime/settleAll.ts';

const env = readEnv({
  table: [LEDGER_ENV.table, text],
  lanes: [LEDGER_ENV.lanes, positiveInteger],
});

const telemetry = createTelemetry('settler');
const { ledger } = openLedger({ ...env, client: dynamoClient(), logger: telemetry.log });

export const handler = chain<SQSEvent, SQSBatchResponse>(telemetry, (event) =>
  settleAll(
    event.Records,
    telemetry,
    ({ body }) => chargeIn(body),
    (charge) => settleCharge(charge, ledger),
  ),
);
