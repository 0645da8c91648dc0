/** postings.fifo → the ledger: settles the charges of ended jobs. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { dynamoClient } from '#shared/aws/clients.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { chargeIn } from '#shared/billing/sqs/postingsQueue.ts';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';
import { settleAll } from './settleAll.ts';

const env = readEnv({
  table: [LEDGER_ENV.table, text],
  lanes: [LEDGER_ENV.lanes, positiveInteger],
});

const telemetry = createTelemetry('settler');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { ledger: env.table }, telemetry);
const { ledger } = openLedger({ ...env, client: dynamo, logger: telemetry.log });

export const handler = chain<SQSEvent, SQSBatchResponse>(telemetry, schemas, (event) =>
  settleAll(
    event.Records,
    telemetry,
    ({ body }) => chargeIn(body),
    (charge) => settleCharge(charge, ledger),
  ),
);
