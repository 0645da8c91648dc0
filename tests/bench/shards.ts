/** What keeping hosts costs: real turns of shards, counted in the SDK, units as DynamoDB has them. */
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { HOST_COLUMNS_SCHEMA } from '#shared/contracts/schemas.ts';
import { announce } from '#shared/hosts/events/announce.ts';
import { carryOut } from '#shared/hosts/probing/handleMessage.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import { FAIL } from '../support/probes.ts';
import { seeded } from '../support/seeded.ts';
import { type Shards, startShards } from '../support/shards.ts';
import { type Counts, countDynamo, noCounts } from './counts.ts';
import { line, round, title } from './stats.ts';

const MINUTES_A_MONTH = 43_200;
const SHARD = '60-0';
const MINUTE = 60_000;
const START = Date.parse('2026-03-01T10:00:00Z');
/** Of the hosts, those that change their state in a minute. */
const CHANGING = 0.001;
/** Sent in tens, received and deleted one by one. */
const requestsOf = (messages: number): number => Math.ceil(messages / 10) + 2 * messages;
/** Assumed: one host hangs for its whole timeout in each run. */
const RUN_SECONDS = 2.1;
/** The default is for TLS; a thousand hosts without TLS need half of it (`npm run bench:prober`). */
const GB = { default: 1, withoutTls: 0.5 };

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

/** Each host answers in a time of its own, so that no state is packed better than a real one. */
const answers = (hosts: number, seed: number): Record<string, ProbeOutcome> => {
  const random = seeded(seed);
  const outcomes = Array.from({ length: hosts }, (_, n) => [
    `h-${n}`,
    { kind: 'ok', ms: 1 + 400 * random(), phases: {} } as const,
  ]);
  return Object.fromEntries(outcomes);
};

/** A quiet turn, one that closes an hour, and what a change adds. */
const measure = async (endpoint: string, hosts: number, schema: number) => {
  const shards = await startShards(endpoint, hosts, {}, schema);
  const counts = noCounts();
  countDynamo(shards.client, counts);
  for (let n = -60; n < 2; n += 1) {
    shards.find(answers(hosts, n + 1_000));
    await run(shards, n);
  }
  const quiet = await turnOf(counts, () => run(shards, 2));
  const hour = await turnOf(counts, () => run(shards, 60));
  shards.find({ ...answers(hosts, 1), 'h-0': FAIL });
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

const monthly = (
  hosts: number,
  of: Awaited<ReturnType<typeof measure>>,
  shards: number,
  gb = GB.default,
) => {
  const turns = shards * MINUTES_A_MONTH;
  const changes = hosts * CHANGING * MINUTES_A_MONTH;
  const hours = turns / 60;
  const writes =
    turns * of.quiet.writes +
    hours * (of.hour.writes - of.quiet.writes) +
    changes * of.change.writes;
  const dynamo = writes * USD.writeUnit + turns * of.quiet.reads * USD.readUnit;
  const requests = MINUTES_A_MONTH * (requestsOf(1) + requestsOf(shards));
  const sqs = requests * USD.standardQueueRequest;
  const lambda = turns * (USD.invocation + RUN_SECONDS * gb * USD.gigabyteSecond);
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
    const few = await measure(tables.endpoint, 10, HOST_COLUMNS_SCHEMA);
    const before = await measure(tables.endpoint, 1_000, HOST_COLUMNS_SCHEMA - 1);
    const full = await measure(tables.endpoint, 1_000, HOST_COLUMNS_SCHEMA);
    line(
      'a change of state, to its row and its event',
      `${full.change.writes} write units; an hour's end of 1,000 hosts: ${full.hour.writes - full.quiet.writes}`,
    );
    const results = [monthly(10, few, 1), monthly(1_000, full, 1), monthly(100_000, full, 100)];
    const others = [
      [monthly(100_000, full, 100, GB.withoutTls), ' without TLS, at 512 MB'],
      [monthly(100_000, before, 100), ', before "sheratan upgrade --finish"'],
    ] as const;
    for (const [{ hosts, writesPerTurn, readsPerTurn, usd, usdOfAWriteAHost }, when] of [
      ...results.map((each) => [each, ''] as const),
      ...others,
    ])
      line(
        `${hosts.toLocaleString('en')} hosts${when}`,
        `${writesPerTurn} write units and ${readsPerTurn} read units a shard's turn; US$ ${usd.all} a month (DynamoDB ${usd.dynamo}, SQS ${usd.sqs}, Lambda ${usd.lambda} at ${RUN_SECONDS} s a run); a write a host would be ${usdOfAWriteAHost}`,
      );
    return { few, full, results };
  } finally {
    await tables.stop();
  }
};
