/** Groups, accounts, hosts and schedules, read as the commands read them. */
import type { Deployment } from '#client/deployment.ts';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { statement } from '#shared/ledger/read/statement.ts';
import { lookAtHosts } from '../show/lookAtHosts.ts';
import { hostReason, latencyOf, pricesOf, shownState, sinceOf } from '../show/showHost.ts';
import type { Answering } from './server.ts';
import type { MeshState, TextTable } from './wire.ts';

const HALTED_MAX = 1_000;
/** Hosts that are shown, the worst first. */
const HOSTS_MAX = 500;
/** A page that reads more, again and again, is slow, and nobody looks through so many. */
const ACCOUNTS_MAX = 1_000;

const groups =
  ({ reader }: Deployment): Answering =>
  async (): Promise<TextTable> => {
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

/** Accounts as rows, by unit and name: the first thousand, and how many more there are. */
export const accountsTable = (all: Awaited<ReturnType<typeof standings>>): TextTable => {
  const standing = all.toSorted((a, b) =>
    `${a.unit} ${a.account}` < `${b.unit} ${b.account}` ? -1 : 1,
  );
  const more = standing.length - ACCOUNTS_MAX;
  return {
    columns: ['Account', 'Unit', 'Posted', 'Held', 'Available', ''],
    rows: standing
      .slice(0, ACCOUNTS_MAX)
      .map(({ account, unit, posted, held, available, guarded, closed }) => [
        ...[account, unit, String(posted), String(held), String(available)],
        [guarded ? '' : 'may owe', closed ? 'closed' : ''].filter(Boolean).join(', '),
      ]),
    ...(more > 0 && { more }),
    none: 'No accounts; "sheratan ledger open NAME" makes one.',
  };
};

const accounts =
  ({ ledger }: Deployment): Answering =>
  async (): Promise<TextTable> =>
    accountsTable(await standings({ ...ledger, random: systemRandom, wait: systemSleep }));

const hosts =
  (deployment: Deployment): Answering =>
  async (): Promise<TextTable> => {
    const now = systemClock.now();
    const { rows } = await lookAtHosts(deployment.hosts(), now, HOSTS_MAX);
    return {
      columns: ['Host', 'State', 'Since', 'Latency', 'Slots', 'Runs', 'Why'],
      rows: rows.map((standing) => [
        ...[standing.host.id, shownState(standing, now), sinceOf(standing, now)],
        ...[latencyOf(standing), `${standing.used ?? 0}/${standing.host.concurrency}`],
        ...[pricesOf(standing.host), hostReason(standing, now)],
      ]),
      none: 'No hosts. "Add a host" makes one known, as "sheratan hosts add" does; "sheratan host serve" starts one.',
    };
  };

/** Statement lines of a page. */
const LINES = 50;
const PLACE = /^(\d+)\/(\d+)\/(\d+)$/;

/** The entries of an account, the newest first; the cursor is that of `ledger statement --before`. */
const statementOf =
  ({ ledger }: Deployment): Answering =>
  async (query) => {
    const key = { unit: query.get('unit') ?? UNIT_DEFAULT, account: query.get('account') ?? '' };
    const found = await ledger.ledger.account(key);
    if (!found) return undefined;
    const [, at, lane, seq] = PLACE.exec(query.get('cursor') ?? '') ?? [];
    const before = at ? { at: Number(at), lane: Number(lane), seq: Number(seq) } : undefined;
    const [lines, standing] = await Promise.all([
      statement(key, { before, limit: LINES }, ledger),
      ledger.ledger.balance(found),
    ]);
    const last = lines.at(-1);
    return {
      ...key,
      standing,
      lines,
      ...(last && lines.length === LINES && { next: `${last.at}/${last.lane}/${last.seq}` }),
    };
  };

const schedules =
  (deployment: Deployment): Answering =>
  async (): Promise<TextTable> => {
    const all = await deployment.schedules.list();
    return {
      columns: ['Schedule', 'State', 'When', 'Time zone'],
      rows: all.map(({ name, enabled, expression, timezone }) => [
        name,
        enabled ? 'on' : 'paused',
        expression,
        timezone,
      ]),
      none: 'No schedules. "Add a schedule" makes one, as "sheratan schedules add" does.',
    };
  };

const callbacks =
  ({ deliveries }: Deployment): Answering =>
  async (): Promise<TextTable> => {
    const ids = await deliveries.failed(HALTED_MAX);
    const found = (await Promise.all(ids.map((id) => deliveries.get(id)))).flatMap(
      (each) => each ?? [],
    );
    return {
      columns: ['Job', 'URL', 'Tries', 'Last answer'],
      rows: found.map(({ id, url, count, tries }) => [
        ...[id, url, String(count), tries.at(-1)?.detail ?? ''],
      ]),
      jobs: found.map(({ id }) => id),
      none: 'No callback was given up: each result that was wanted has arrived, or is on its way.',
    };
  };

const EVENTS = 20;

const state =
  ({ control }: Deployment): Answering =>
  async (): Promise<MeshState> => {
    const [now, events] = await Promise.all([control.get(), control.events(EVENTS)]);
    const { state: name, since, pausedQueues, pausedSources, limits } = now;
    return { state: name, since, pausedQueues, pausedSources, limits, events };
  };

/** Everything beside jobs, by name. Each call reads the deployment again. */
export const tablesOf = (deployment: Deployment): Readonly<Record<string, Answering>> => ({
  groups: groups(deployment),
  hosts: hosts(deployment),
  accounts: accounts(deployment),
  statement: statementOf(deployment),
  schedules: schedules(deployment),
  callbacks: callbacks(deployment),
  state: state(deployment),
});
