/** The lists of the dashboard, read as the commands read them. */
import type { Deployment } from '#client/deployment.ts';
import type { List } from '#emulator/dashboard/server.ts';
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { lookAtHosts } from '../lookAtHosts.ts';
import { viewOf } from '../show.ts';
import { hostReason, latencyOf, pricesOf, shownState, sinceOf } from '../showHost.ts';
import { stepsOf } from '../steps.ts';
import type { JobIndex } from './jobIndex.ts';

/** A list for people: columns, and a text for each cell. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The job of each row, if rows are about jobs. */
  readonly jobs?: readonly string[];
  /** What to show when there are no rows. */
  readonly none: string;
}

const HALTED_MAX = 1_000;
/** Hosts that are shown, the worst first. */
const HOSTS_MAX = 500;

const jobs =
  (index: JobIndex): List =>
  (query) => {
    const before = Number(query.get('before') ?? Number.NaN);
    return Promise.resolve({
      ...index.page({
        status: query.get('status') ?? undefined,
        text: query.get('q') ?? undefined,
        before: Number.isNaN(before) ? undefined : before,
      }),
      ...index.counts(),
    });
  };

const job =
  (deployment: Deployment): List =>
  async (query) => {
    const record = await deployment.store.get(query.get('id') ?? '');
    if (!record) return undefined;
    const [view, steps] = await Promise.all([
      viewOf(record, deployment.blobs),
      stepsOf(record, deployment),
    ]);
    return { job: view, steps };
  };

const groups =
  ({ reader }: Deployment): List =>
  async (): Promise<Table> => {
    const halted = (await reader.attention('DEAD', HALTED_MAX)).filter((each) => each.halted);
    return {
      columns: ['Group', 'Held by', 'Since', 'Why'],
      rows: halted.map(({ group, id, updatedAt, error }) => [
        group,
        id,
        new Date(updatedAt).toISOString(),
        error ? `${error.code}: ${error.message}` : '',
      ]),
      jobs: halted.map(({ id }) => id),
      none: 'No group is halted: none waits for a person because one of its jobs is dead.',
    };
  };

const accounts =
  ({ ledger }: Deployment): List =>
  async (): Promise<Table> => {
    const all = await standings({ ...ledger, random: systemRandom, wait: systemSleep });
    const standing = all.toSorted((a, b) =>
      `${a.unit} ${a.account}` < `${b.unit} ${b.account}` ? -1 : 1,
    );
    return {
      columns: ['Account', 'Unit', 'Posted', 'Held', 'Available', ''],
      rows: standing.map(({ account, unit, posted, held, available, guarded, closed }) => [
        ...[account, unit, String(posted), String(held), String(available)],
        [guarded ? '' : 'may owe', closed ? 'closed' : ''].filter(Boolean).join(', '),
      ]),
      none: 'No accounts; "sheratan ledger open NAME" makes one.',
    };
  };

const hosts =
  (deployment: Deployment): List =>
  async (): Promise<Table> => {
    const now = systemClock.now();
    const { rows } = await lookAtHosts(deployment.hosts(), now, HOSTS_MAX);
    return {
      columns: ['Host', 'State', 'Since', 'Latency', 'Slots', 'Runs', 'Why'],
      rows: rows.map((standing) => [
        ...[standing.host.id, shownState(standing, now), sinceOf(standing, now)],
        ...[latencyOf(standing), `${standing.used ?? 0}/${standing.host.concurrency}`],
        ...[pricesOf(standing.host), hostReason(standing, now)],
      ]),
      none: 'No hosts; "sheratan hosts add" makes one known, "sheratan host serve" starts one.',
    };
  };

/** The dashboard's lists by name. Each call reads the deployment again. */
export const listsOf = (
  deployment: Deployment,
  index: JobIndex,
): Readonly<Record<string, List>> => ({
  jobs: jobs(index),
  job: job(deployment),
  groups: groups(deployment),
  hosts: hosts(deployment),
  accounts: accounts(deployment),
});
