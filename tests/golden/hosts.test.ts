/**
 * What the Hosts table holds and what the prober sends. `hosts.jsonl` has been written once: every
 * deployed table has such items, so its lines are never changed. A new shape, or a new form of an old
 * shape, gets a line of its own (the failing test prints the line); the line of an old form stays,
 * with `reads` for it. A new state or reason goes to the end of its list, and gets a line as well.
 */
import { describe } from 'vitest';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import { createSlotsReader } from '#shared/dispatch/dynamo/hostSlotsReader.ts';
import { commitsOf } from '#shared/hosts/dynamo/committedChanges.ts';
import { createHostProjection } from '#shared/hosts/dynamo/hostProjection.ts';
import { createHostRows } from '#shared/hosts/dynamo/hostRows.ts';
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { createRollupStore } from '#shared/hosts/dynamo/rollupStore.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import { createHostEvents } from '#shared/hosts/eventbridge/hostEvents.ts';
import { changeIdOf } from '#shared/hosts/events/changeId.ts';
import type { ProbeMessage } from '#shared/hosts/ports.ts';
import { HOST_STATES, type Live, type StateChange } from '#shared/hosts/probing/hostState.ts';
import { pack, unpack } from '#shared/hosts/probing/packedState.ts';
import { probeMessageOf } from '#shared/hosts/probing/probeMessage.ts';
import { unknownHost } from '#shared/hosts/probing/verdict.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { apartMsOf, runNumberAt } from '#shared/hosts/registry/shard.ts';
import { createProbeQueue } from '#shared/hosts/sqs/probeQueue.ts';
import { createSchemaStore } from '#shared/schema/dynamo/schemaStore.ts';
import { golden } from '../support/golden.ts';
import { type PaperTable, paperTable, type WireItem } from '../support/paperTable.ts';
import { eventsOf, sqsOf } from '../support/wire.ts';

const { writes, reads, keeps, isWhole } = golden('hosts');

const T = 1_790_000_000_000;
const S = T / 1_000;
const HOUR = Date.parse('2026-09-21T13:00:00Z');

/** What is in the table after `work`. */
const kept = async (
  work: (table: PaperTable) => Promise<unknown>,
  ...before: readonly WireItem[]
): Promise<readonly WireItem[]> => {
  const table = paperTable(...before);
  await work(table);
  return table.items();
};

const host: Host = {
  id: 'berlin-1',
  endpoint: 'https://berlin.example',
  unit: 'CRD',
  concurrency: 4,
  capabilities: [{ kind: 'render', price: 900_719_925_474_099_267n }],
  tags: ['gpu', 'eu'],
  shard: '60-0',
  number: 7,
  version: 1,
  createdAt: T,
  probe: {
    path: '/health',
    method: 'GET',
    expectStatus: [[200, 299]],
    headers: {},
    timeoutMs: 2_000,
    degradedMs: 1_000,
    intervalSeconds: 60,
  },
};
const other: Host = { ...host, id: 'bonn-1', endpoint: 'https://bonn.example', number: 8 };
const changed: Host = {
  ...host,
  version: 2,
  capabilities: [{ kind: 'echo', price: 0n }],
  overlay: { kind: 'maintenance', until: T + 5, by: 'ann', reason: 'größer ✓' },
  probe: {
    ...host.probe,
    method: 'HEAD',
    headers: { 'x-key': 'v' },
    body: { kind: 'json', pointer: '/ok', equals: true },
  },
};

describe('the registry', () => {
  const made = () => kept((table) => createHostStore(table).create([host, other], 1_000));
  const read = async (stored: readonly WireItem[]) => {
    const store = createHostStore(paperTable(...stored));
    const [counts, next] = [await store.counts(), await store.nextNumber('60-0')];
    return { counts, next, hosts: await store.ofShard('60-0'), found: await store.get('berlin-1') };
  };
  keeps('hosts, where they are, their shard and the directory', made, read, {
    counts: new Map([['60-0', 2]]),
    next: 9,
    hosts: [host, other],
    found: host,
  });
  keeps(
    'host that was changed',
    async () =>
      kept(
        (table) => createHostStore(table).rewrite([{ seen: host, next: changed }]),
        ...(await made()),
      ),
    read,
    { counts: new Map([['60-0', 2]]), next: 9, hosts: [changed, other], found: changed },
  );
  const moved: Host = { ...host, shard: '5-0', number: 0, version: 2, createdAt: T + 1 };
  keeps(
    'host in another shard',
    async () =>
      kept(
        (table) => createHostStore(table).move({ seen: host, next: moved }, 1_000),
        ...(await made()),
      ),
    read,
    {
      counts: new Map([
        ['60-0', 1],
        ['5-0', 1],
      ]),
      next: 9,
      hosts: [other],
      found: moved,
    },
  );
});

const calm: Live = { ...unknownHost(host), state: 'online', since: S, certDays: 89 };

const REASONS = [
  ...(['none', 'slow', 'stuck_busy', 'refused', 'timeout', 'reset', 'dns', 'unreachable'] as const),
  ...(['tls', 'certificate_expired', 'status', 'body', 'protocol', 'call'] as const),
] satisfies readonly Live['reason'][];
const INCONCLUSIVE = [
  ...(['descriptors', 'dns_down', 'event_loop', 'clock_jump', 'forbidden_address'] as const),
  ...(['skipped', 'mass_failure'] as const),
] satisfies readonly NonNullable<Live['inconclusiveReason']>[];

const full: Live = {
  number: 4_294_967_295,
  state: 'offline',
  announced: 'online',
  flapping: true,
  fails: 255,
  passes: 3,
  slow: 0b10101,
  changes: 0b1010_0101_1100_0011_0110,
  inconclusive: 9,
  inconclusiveReason: 'mass_failure',
  reason: 'call',
  srttMs: 12_345.675_781_25,
  rttvarMs: 678.25,
  since: 4_294_967_295,
  failedSince: S + 1,
  seq: 4_294_967_294,
  certDays: -3,
  hourProbes: 65_535,
  hourPasses: 65_534,
};

const mapOf = (...live: readonly Live[]): ReadonlyMap<number, Live> =>
  new Map(live.map((each) => [each.number, each]));

describe('a packed state', () => {
  const packed = (shape: string, live: Live) =>
    keeps(
      shape,
      () => Buffer.from(pack(mapOf(live))).toString('hex'),
      (hex: string) => [...unpack(Buffer.from(hex, 'hex')).values()],
      [live],
    );
  packed('packed: a host of which nothing is known', unknownHost(host));
  packed('packed: a host with every field at its end', full);
  // Written by the next version; the bytes of a deflation may differ from machine to machine.
  reads(
    'packed in columns: a host with every field at its end',
    (hex: string) => [...unpack(Buffer.from(hex, 'hex')).values()],
    [full],
  );
  for (const state of HOST_STATES) packed(`packed: ${state}`, { ...calm, state });
  for (const announced of HOST_STATES)
    packed(`packed: told ${announced}`, { ...calm, state: 'busy', announced });
  for (const reason of REASONS)
    packed(`packed: because of ${reason}`, { ...calm, state: 'degraded', reason });
  for (const inconclusiveReason of INCONCLUSIVE)
    packed(`packed: inconclusive, ${inconclusiveReason}`, {
      ...calm,
      inconclusive: 1,
      inconclusiveReason,
    });
});

const change: StateChange = {
  host: 'berlin-1',
  number: 7,
  seq: S + 1,
  from: 'online',
  to: 'offline',
  reason: 'refused',
  since: T,
  at: T + 60_000,
  muted: false,
};
const quiet: StateChange = { ...change, seq: S + 2, to: 'online', muted: true, silent: true };

describe('a table', () => {
  const finished = { at: T, by: 'ada', reason: 'no way back' };
  keeps(
    'schema of a table, once an upgrade was finished',
    () => kept((table) => createSchemaStore(table.dynamo, table.table).raise(2, finished)),
    (stored: readonly WireItem[]) => {
      const { dynamo, table } = paperTable(...stored);
      return createSchemaStore(dynamo, table).read();
    },
    { schema: 2, minReader: 2, finished },
  );
});

describe('a shard', () => {
  const ids = { next: () => 'mark-1' };
  const live = mapOf(full, { ...calm, srttMs: 20.5, rttvarMs: 3.25 });
  const next = { tick: runNumberAt('60-0', T), at: T, live };
  const seen = { version: 0, tick: 0, at: 0, live: new Map() };
  const committed = () =>
    kept((table) =>
      createShardStore({ ...table, ids }).commit('60-0', seen, next, [change, quiet]),
    );
  keeps(
    'state of a shard, with its changes',
    committed,
    async (stored: readonly WireItem[]) => ({
      state: await createShardStore({ ...paperTable(...stored), ids }).read('60-0'),
      announced: commitsOf({
        Records: stored.map((NewImage) => ({
          dynamodb: { SequenceNumber: '1', NewImage: NewImage as never },
        })),
      }),
    }),
    {
      state: { ...next, version: 1 },
      announced: [{ sequence: '1', shard: '60-0', changes: [change, quiet] }],
    },
  );
  writes('lease of a shard', () =>
    kept((table) =>
      createShardStore({ ...table, ids }).claim('60-0', {
        tick: runNumberAt('60-0', T),
        owner: 'run-1',
        from: T,
        until: T + 55_000,
        apartMs: apartMsOf('60-0'),
      }),
    ),
  );
  keeps(
    'rows of hosts, and each change for itself',
    () => kept((table) => createHostProjection(table).record('60-0', [change])),
    async (stored: readonly WireItem[]) => {
      const table = paperTable(...stored);
      const history = createHostProjection(table);
      const [rows, changes] = [await createHostRows(table).rows('60-0'), history.changes];
      const known = await history.recorded([change, quiet]);
      return { rows, changes: await changes('berlin-1', 5), known };
    },
    {
      rows: [
        {
          host: 'berlin-1',
          state: 'offline',
          since: T,
          reason: 'refused',
          seq: S + 1,
          at: T + 60_000,
        },
      ],
      changes: [change],
      known: new Set([changeIdOf(change)]),
    },
  );
  writes('row of a host, made again from the state', () =>
    kept((table) => {
      const state = { ...next, version: 1, live: mapOf(calm) };
      return createHostRows(table).rebuild('60-0', state, () => Promise.resolve([host]));
    }),
  );
});

describe('how often hosts answered', () => {
  const counts = new Map([
    [7, { probes: 60, passes: 59 }],
    [4_294_967_295, { probes: 4_294_967_295, passes: 0 }],
  ]);
  const hour = { at: HOUR, counts, version: 12 };
  keeps(
    'an hour',
    () => kept((table) => createRollupStore(table).putHour('60-0', hour, HOUR + 60_000)),
    (stored: readonly WireItem[]) =>
      createRollupStore(paperTable(...stored)).hours('60-0', HOUR, HOUR + 1),
    [{ at: HOUR, counts }],
  );
  const [day, last] = ['2026-09-21T00:00:00Z', '2026-09-21T23:00:00Z'].map(Date.parse);
  keeps(
    'the last hour of a day, and the day',
    () =>
      kept((table) =>
        createRollupStore(table).putHour(
          '60-0',
          { ...hour, at: last ?? 0 },
          (last ?? 0) + 3_600_000,
        ),
      ),
    (stored: readonly WireItem[]) =>
      createRollupStore(paperTable(...stored.slice(1))).days('60-0', day ?? 0, (day ?? 0) + 1),
    [{ at: day, counts }],
  );
});

describe('which jobs a host has', () => {
  const slot = { jobId: 'j.1', token: 'token-1', until: T + 60_000 };
  const slotsOf = (table: PaperTable) =>
    createSlots({ ...table, clock: { now: () => T }, random: { next: () => 0 } });
  const few = { concurrency: 2, beyond: false };
  const many = { concurrency: 32, beyond: false };
  const empty: WireItem = { pk: { S: 'H#berlin-1' }, sk: { S: 'SLOTS' }, held: { M: {} } };
  const used = async (stored: readonly WireItem[]) => ({
    used: await createSlotsReader(paperTable(...stored)).used(
      [{ id: 'berlin-1', concurrency: 32 }],
      T,
    ),
    record: (await slotsOf(paperTable(...stored)).take('berlin-1', slot, few)).record,
  });
  keeps(
    'slots of a host',
    () => kept((table) => slotsOf(table).take('berlin-1', slot, few), empty),
    used,
    { used: new Map([['berlin-1', 1]]), record: undefined },
  );
  keeps(
    'slots of a host, all free, and how its jobs went',
    () =>
      kept(async (table) => {
        await slotsOf(table).take('berlin-1', slot, few);
        await slotsOf(table).release('berlin-1', slot, 0, { success: 0.875, jobs: 3 });
      }, empty),
    used,
    { used: new Map([['berlin-1', 0]]), record: { success: 0.875, jobs: 3 } },
  );
  const second: WireItem = { ...empty, pk: { S: 'SLOTS#1#berlin-1' } };
  const spread: WireItem = { pk: { S: 'SLOTS' }, sk: { S: 'SPREAD' }, spreadAt: { N: '1' } };
  keeps(
    'slots of a host, the second item, and from when on there may be one',
    () =>
      kept(
        (table) => slotsOf(table).take('berlin-1', { ...slot, jobId: 'j.3' }, many),
        spread,
        second,
      ),
    used,
    { used: new Map([['berlin-1', 1]]), record: undefined },
  );
  writes('from when on slots of a host may be in several items', () =>
    kept((table) => slotsOf(table).take('berlin-1', slot, many), empty),
  );
});

describe('what the prober sends', () => {
  const messages: readonly ProbeMessage[] = [
    { kind: 'minute', at: T },
    { kind: 'shard', shard: '60-0', at: T },
    { kind: 'suspect', shard: '60-0', host: 'berlin-1', at: T, detail: 'größer ✓' },
  ];
  for (const message of messages)
    keeps(
      `message of the probes queue: ${message.kind}`,
      async () => {
        const sent: unknown[] = [];
        await createProbeQueue(sqsOf(sent), 'https://sqs.us-east-1.amazonaws.com/1/probes').send([
          { message, delaySeconds: 5 },
        ]);
        return sent;
      },
      ([{ MessageBody }]: [{ MessageBody: string }]) => probeMessageOf(MessageBody),
      message,
    );
  // The rule of the minute is in the template; it is not written here.
  reads('message of the probes queue: minute by the rule', probeMessageOf, {
    kind: 'minute',
    at: Date.parse('2026-09-21T13:46:00Z'),
  });
  writes('events of changes', async () => {
    const sent: unknown[] = [];
    await createHostEvents(eventsOf(sent)).put([change, quiet]);
    return sent;
  });
  writes('names of changes', () => [change, quiet].map(changeIdOf));
});

describe('hosts.jsonl', () => isWhole());
