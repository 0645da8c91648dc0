import { describe, expect, inject, it } from 'vitest';
import { readAll, writeAll } from '#shared/aws/itemBatches.ts';
import { createHostProjection } from '#shared/hosts/dynamo/hostProjection.ts';
import { changeIdOf } from '#shared/hosts/events/changeId.ts';
import type { StateChange } from '#shared/hosts/probing/hostState.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createJobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { quarantined } from '#shared/jobs/record/newRecord.ts';
import { createInjector } from '../support/faults.ts';
import { createHostsTable, createJobsTable, createLedgerTable } from '../support/table.ts';

const NOW = 1_800_000_000_000;
const endpoint = inject('dynamoEndpoint');

/** A table that hands back a half of each batch until one is left. */
const halving = (client: Parameters<ReturnType<typeof createInjector>['attach']>[0]) => {
  const injector = createInjector(() => 'half a batch');
  injector.attach(client);
  return {
    requests: () => injector.calls.length,
    during: async <T>(work: () => Promise<T>) => (await injector.invoke(work)) as T,
  };
};

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(3, '0')}`);

describe('what DynamoDB hands back of a batch is asked for again', () => {
  it('of jobs and of who waits for whom', async () => {
    const jobs = await createJobsTable(endpoint);
    const flows = createFlowStore(jobs);
    const store = createJobStore(jobs);
    const ids = names(30);
    const error = { code: 'INVALID_BODY', message: 'no JSON', attempt: 0, at: NOW };
    for (const id of ids) {
      const base = { id, messageId: id, priority: 'normal' as const, group: 'g', createdAt: NOW };
      await store.create(quarantined(base, NOW, error, { envelope: 'nonsense' }));
    }
    const { during, requests } = halving(jobs.client);
    const edges = ids.map((dependant, ordinal) => ({
      dependency: 'first',
      dependant,
      ordinal,
      onFailure: 'fail' as const,
    }));
    await during(() => flows.addEdges(edges, NOW));
    expect(requests()).toBeGreaterThan(5);
    expect(await flows.edgesOf('first')).toEqual(edges);
    const statuses = await during(() => flows.statuses([...ids, 'absent']));
    expect([...statuses.keys()].sort()).toEqual(ids);
    const listed = await during(() => createJobReader(jobs).attention('QUARANTINED', 100));
    expect(listed.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('of the items of the ledger', async () => {
    const ledger = await createLedgerTable(endpoint);
    const items = names(130).map((sk, index) => ({ pk: 'P', sk, at: BigInt(index) }));
    const { during, requests } = halving(ledger.client);
    await during(() => writeAll(ledger, items));
    const written = requests();
    expect(written).toBeGreaterThan(6);
    const keys = items.map(({ pk, sk }) => ({ pk, sk }));
    const found = await during(() => readAll(ledger, keys));
    expect(requests() - written).toBeGreaterThan(2);
    expect([...found].sort((a, b) => String(a['sk']).localeCompare(String(b['sk'])))).toEqual(
      items,
    );
  });

  it('of the changes of hosts', async () => {
    const hosts = await createHostsTable(endpoint);
    const projection = createHostProjection(hosts);
    const changes = names(20).map(
      (host): StateChange => ({
        host,
        number: 1,
        seq: 1,
        from: 'unknown',
        to: 'online',
        reason: 'none',
        since: NOW,
        at: NOW,
        muted: false,
      }),
    );
    await projection.record('0', changes);
    const { during, requests } = halving(hosts.client);
    const recorded = await during(() => projection.recorded(changes));
    expect(requests()).toBeGreaterThan(3);
    expect([...recorded].sort()).toEqual(changes.map(changeIdOf).sort());
  });
});
