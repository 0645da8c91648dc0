/** Probes queue → one probe run of a shard, and the commit of its hosts' states. */
import type { SQSEvent } from 'aws-lambda';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { HOSTS_ENV, PROBER_ENV } from '#shared/contracts/functions.ts';
import { SHARD_HOSTS_MAX } from '#shared/contracts/hosts.ts';
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { createRollupStore } from '#shared/hosts/dynamo/rollupStore.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import { createProbe } from '#shared/hosts/http/probe.ts';
import { createSentinels } from '#shared/hosts/http/sentinels.ts';
import { watchStalls } from '#shared/hosts/http/stalls.ts';
import { carryOut } from '#shared/hosts/probing/handleMessage.ts';
import { type HostToProbe, probeAll } from '#shared/hosts/probing/probeAll.ts';
import { probeMessageOf } from '#shared/hosts/probing/probeMessage.ts';
import { createProbeQueue } from '#shared/hosts/sqs/probeQueue.ts';
import { list, positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { systemClock, systemIds, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { reportShard } from '#shared/runtime/hostTelemetry.ts';
import { vcpusOf } from '#shared/runtime/machine.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';

const env = readEnv({
  table: [HOSTS_ENV.table, text],
  probesUrl: [HOSTS_ENV.probesUrl, text],
  allow: [PROBER_ENV.outboundAllow, list],
  sentinels: [PROBER_ENV.sentinels, list],
  memoryMb: [PROBER_ENV.memoryMb, positiveInteger],
});

const telemetry = createTelemetry('prober');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { hosts: env.table }, telemetry);
const hosts = { client: documentClient(dynamo), table: env.table };
const probe = createProbe({ allow: env.allow, clock: systemClock, hosts: SHARD_HOSTS_MAX });
const ports = {
  probe,
  clock: systemClock,
  random: systemRandom,
  sleep: systemSleep,
  stalls: watchStalls(systemClock),
  vcpus: vcpusOf(env.memoryMb),
};
const deps = {
  registry: createHostStore(hosts),
  store: createShardStore({
    ...hosts,
    ids: systemIds,
    schema: () => schemas.toWrite('hosts'),
  }),
  rollups: createRollupStore(hosts),
  queue: createProbeQueue(sqsClient(), env.probesUrl),
  probeAll: (all: readonly HostToProbe[], budgetMs: number) =>
    probeAll(all, { ...ports, budgetMs }),
  sentinels: createSentinels(env.sentinels, probe),
  clock: systemClock,
  ids: systemIds,
  logger: telemetry.log,
};

export const handler = chain<SQSEvent, void>(telemetry, schemas, async ({ Records }, context) => {
  for (const { body } of Records)
    reportShard(
      telemetry,
      await carryOut(probeMessageOf(body), context.getRemainingTimeInMillis(), deps),
    );
});
