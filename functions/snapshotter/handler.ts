/** Stream of the Ledger table → entries of the accounts: a new block makes its lane catch up. */
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoClient } from '#shared/aws/clients.ts';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { lanesRung } from '#shared/ledger/dynamo/rungLanes.ts';
import { catchUp } from '#shared/ledger/read/projectEntries.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { reportLanes } from '#shared/runtime/meshTelemetry.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';

const env = readEnv({
  table: [LEDGER_ENV.table, text],
  lanes: [LEDGER_ENV.lanes, positiveInteger],
});

const telemetry = createTelemetry('snapshotter');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { ledger: env.table }, telemetry);
const system = openLedger({ ...env, client: dynamo, logger: telemetry.log });

export const handler = chain<DynamoDBStreamEvent, void>(telemetry, schemas, (event) =>
  reportLanes(telemetry, lanesRung(event), (lane) => catchUp(lane, system)),
);
