/** What keeping hosts costs: real turns of shards, counted in the SDK, units as DynamoDB has them. */
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { announce } from '#shared/hosts/events/announce.ts';
import { carryOut } from '#shared/hosts/probing/handleMessage.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import { FAIL } from '../support/probes.ts';
import { type Shards, startShards } from '../support/shards.ts';
import { type Counts, countDynamo, noCounts } from './counts.ts';
import { line, round, title } from './stats.ts';

const MINUTES_A_MONTH = 43_200;
const SHARD = '60-0';
const MINUTE = 60_000;
const START = Date.parse('2026-03-01T10:00:00Z');
/** Of the hosts, those that change their state in a minute. */
const CHANGING = 0.001;
/** Sent, received and deleted; the minute's own message as well. */
const SQS_A_TURN = 3;
/** Assumed: one host hangs for its whole timeout in each run. 1 GB is the default, for TLS. */
const RUN = { seconds: 2.1, gb: 1 };

interface Turn {
  readonly writes: number;
  readonly reads: number;
}

const run = ({ deps }: Shards, n: number) => {
  const at = START + n * MINUTE;
  const clock = { now: () => at + 1_000 };
  return carryOut({ kind: 'shard', shard: SHARD, at }, 50_000, { ...deps, clock });
};

const turnOf = async (counts: Counts, work: () => Promise<unknown>): Promise<Turn> => {
  Object.assign(counts, noCounts());
  await work();
  return { writes: counts.units, reads: counts.readUnits };
};

/** A quiet turn, one that closes an hour, and what a change adds. */
const measure = async (endpoint: string, hosts: number) => {
  const shards = await startShards(endpoint, hosts);
  const counts = noCounts();
  countDynamo(shards.client, counts);
  await run(shards, 0);
  await run(shards, 1);
  const quiet = await turnOf(counts, () => run(shards, 2));
  const hour = await turnOf(counts, () => run(shards, 60));
  const down: Record<string, ProbeOutcome> = { 'h-0': FAIL };
  shards.find(down);
  await run(shards, 61);
  await run(shards, 62);
  const change = await turnOf(counts, async () => {
    const report = await run(shards, 63);
    const events = { put: () => Promise.resolve() };
    const commit = { shard: SHARD, changes: report?.changes ?? [] };
    await announce(commit, { events, projection: shards.projection });
  });
  return { quiet, hour, change: { writes: change.writes - quiet.writes, reads: change.reads } };
};

const monthly = (hosts: number, of: Awaited<ReturnType<typeof measure>>, shards: number) => {
  const turns = shards * MINUTES_A_MONTH;
  const changes = hosts * CHANGING * MINUTES_A_MONTH;
  const hours = turns / 60;
  const writes =
    turns * of.quiet.writes +
    hours * (of.hour.writes - of.quiet.writes) +
    changes * of.change.writes;
  const dynamo = writes * USD.writeUnit + turns * of.quiet.reads * USD.readUnit;
  const sqs = (turns * SQS_A_TURN + MINUTES_A_MONTH * SQS_A_TURN) * USD.standardQueueRequest;
  const lambda = turns * (USD.invocation + RUN.seconds * RUN.gb * USD.gigabyteSecond);
  return {
    hosts,
    shards,
    writesPerTurn: of.quiet.writes,
    readsPerTurn: of.quiet.reads,
    writesPerMinute: round(writes / MINUTES_A_MONTH, 1),
    usd: {
      dynamo: round(dynamo, 2),
      sqs: round(sqs, 2),
      lambda: round(lambda, 2),
      all: round(dynamo + sqs + lambda, 2),
    },
    usdOfAWriteAHost: round(hosts * MINUTES_A_MONTH * USD.writeUnit, 2),
  };
};

export const benchShards = async () => {
  title('Keeping hosts, probed once a minute, one in a thousand changing a minute');
  const tables = await startTableServer();
  try {
    const [few, full] = [await measure(tables.endpoint, 10), await measure(tables.endpoint, 1_000)];
    line(
      'a change of state, to its row and its event',
      `${full.change.writes} write units; an hour's end of 1,000 hosts: ${full.hour.writes - full.quiet.writes}`,
    );
    const results = [monthly(10, few, 1), monthly(1_000, full, 1), monthly(100_000, full, 100)];
    for (const { hosts, writesPerTurn, readsPerTurn, usd, usdOfAWriteAHost } of results)
      line(
        `${hosts.toLocaleString('en')} hosts`,
        `${writesPerTurn} write units and ${readsPerTurn} read units a shard's turn; US$ ${usd.all} a month (DynamoDB ${usd.dynamo}, SQS ${usd.sqs}, Lambda ${usd.lambda} at ${RUN.seconds} s a run); a write a host would be ${usdOfAWriteAHost}`,
      );
    return { few, full, results };
  } finally {
    await tables.stop();
  }
};
