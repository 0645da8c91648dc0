/** Stream of the Ledger table → entries of the accounts: a new block makes its lane catch up. */
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { dynamoClient } from '#shared/aws/clients.ts';
import { LEDGER_ENV } from '#shared/contracts/functions.ts';
import { positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { lanesRung } from '#shared/ledger/dynamo/rungLanes.ts';
import { catchUp } from '#shared/ledger/read/projectEntries.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { reportLanes } from '#shared/runtime/meshTelemetry.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';

const env = readEnv({
  table: [LEDGER_ENV.table, text],
  lanes: [LEDGER_ENV.lanes, positiveInteger],
});

const telemetry = createTelemetry('snapshotter');
const system = openLedger({ ...env, client: dynamoClient(), logger: telemetry.log });

export const handler = chain<DynamoDBStreamEvent, void>(telemetry, (event) =>
  reportLanes(telemetry, lanesRung(event), (lane) => catchUp(lane, system)),
);
