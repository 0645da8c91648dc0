/** `hosts add|list|remove|drain|undrain|maintenance`: the registry of hosts. */
import { setTimeout as wait } from 'node:timers/promises';
import { type HostOutcome, isSettled } from '#shared/hosts/registry/definition.ts';
import { type Host, type Overlay, overlayAt } from '#shared/hosts/registry/host.ts';
import {
  addHosts,
  type ManageHostsDeps,
  removeHost,
  setOverlay,
} from '#shared/hosts/registry/manageHosts.ts';
import { systemRandom } from '#shared/kernel/ports.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import {
  type GivenHosts,
  type HostFlags,
  hostOfFlags,
  type RefusedHost,
  readHosts,
} from '../../input/hostInput.ts';
import { columns, json, note, out, paint, plain, progress } from '../../print.ts';
import {
  actorOf,
  type DecisionOptions,
  looking,
  type Session,
  type SessionOptions,
  withDeployment,
} from '../../session.ts';
import { pricesOf } from '../../show/showHost.ts';

/** What changes of the registry need. */
export const registryDeps = ({ hosts, clock }: Session): ManageHostsDeps => ({
  store: hosts().store,
  clock,
  random: systemRandom,
  wait: (ms) => wait(ms),
});

const exitOf = (outcomes: readonly HostOutcome[], refused: readonly RefusedHost[]): ExitCode => {
  const codes = outcomes.filter((outcome) => !isSettled(outcome)).map(({ code }) => code);
  if (codes.includes('busy')) return EXIT.failure;
  if (refused.length > 0 || codes.some((code) => code !== 'not_found')) return EXIT.refused;
  return codes.length > 0 ? EXIT.notFound : EXIT.ok;
};

const DIFFERENT = 'exists_with_different_';

/** Why a change of a host was refused; empty for one that was not. */
export const hostOutcomeText = ({ code }: HostOutcome): string => {
  if (code === 'not_found') return 'there is no such host';
  if (code === 'busy') return 'others change hosts all the time; ask again';
  if (!code.startsWith(DIFFERENT)) return '';
  return `is there with another ${code.slice(DIFFERENT.length)}; --replace changes it`;
};

const SHOWN_MAX = 20;

/** Names up to twenty successes and counts more; always names every failure. */
const printOutcomes = (outcomes: readonly HostOutcome[], refused: readonly RefusedHost[]): void => {
  const wrong = outcomes.filter((outcome) => !isSettled(outcome));
  const right = outcomes.filter(isSettled);
  if (right.length <= SHOWN_MAX)
    for (const { id, code } of right) out(`${paint('green', code)} ${plain(id)}`);
  const rows = [
    ...wrong.map((outcome) => [paint('red', outcome.code), outcome.id, hostOutcomeText(outcome)]),
    ...refused.map(({ where, code, message }) => [paint('red', code), where, message]),
  ];
  if (rows.length > 0)
    note(columns(rows.map(([code = '', ...cells]) => [code, ...cells.map(plain)])));
  if (outcomes.length + refused.length === 1) return;
  const counts = [...Map.groupBy(outcomes, ({ code }) => code)].map(
    ([code, of]) => `${of.length} ${code}`,
  );
  note([...counts.sort(), ...(refused.length > 0 ? [`${refused.length} refused`] : [])].join(', '));
};

const tell = (
  outcomes: readonly HostOutcome[],
  refused: readonly RefusedHost[],
  options: SessionOptions,
): ExitCode => {
  if (options.json) json({ hosts: outcomes, refused });
  else printOutcomes(outcomes, refused);
  return exitOf(outcomes, refused);
};

export interface AddHostOptions extends SessionOptions, HostFlags {
  readonly replace?: boolean;
}

/** Adds hosts; with `replace`, changes those that exist. Exits with 4 when a host was refused. */
export const addGiven = (
  { definitions, refused }: GivenHosts,
  options: SessionOptions & { readonly replace?: boolean },
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const bar = progress('adding', definitions.length);
    const deps = { ...registryDeps(session), onOutcome: bar.tick };
    const outcomes = await addHosts(definitions, { replace: options.replace ?? false }, deps);
    bar.end();
    return tell(outcomes, refused, options);
  });

/**
 * Adds the hosts of a file, or one host that flags describe.
 *
 * @param what a file, `-`, or with `url` the host's id
 * @throws CliError for flags without a URL
 */
export const addHostsCommand = async (
  what: string,
  url: string | undefined,
  options: AddHostOptions,
): Promise<ExitCode> => {
  if (url === undefined && (options.kind.length > 0 || options.tag.length > 0))
    throw new CliError('Flags describe one host: sheratan hosts add ID URL --kind …', EXIT.usage);
  return addGiven(
    url === undefined ? await readHosts(what) : hostOfFlags(what, url, options),
    options,
  );
};

/** Removes hosts; their running jobs end. Exits with 3 when a host is unknown. */
export const removeHostsCommand = (
  ids: readonly string[],
  options: SessionOptions,
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const outcomes = [];
    for (const id of ids) outcomes.push(await removeHost(id, registryDeps(session)));
    return tell(outcomes, [], options);
  });

export interface OverlayOptions extends DecisionOptions {
  /** Seconds; absent: until `undrain`. */
  readonly for?: number;
}

/**
 * Sets or removes an overlay: drained or maintenance.
 *
 * @param kind undefined removes the overlay
 */
export const overlay = (
  ids: readonly string[],
  kind: Overlay['kind'] | undefined,
  options: OverlayOptions,
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const seconds = options.for;
    const until = seconds === undefined ? {} : { until: session.clock.now() + seconds * 1_000 };
    const wanted = kind && {
      kind,
      by: actorOf(options),
      reason: options.reason ?? '',
      ...until,
    };
    const outcomes = [];
    for (const id of ids) outcomes.push(await setOverlay(id, wanted, registryDeps(session)));
    return tell(outcomes, [], options);
  });

export interface ListOptions extends SessionOptions {
  readonly kind?: string;
  readonly tag?: string;
  readonly limit: number;
}

const rowOf = (host: Host, now: number): readonly string[] => [
  host.id,
  host.endpoint,
  String(host.concurrency),
  `${host.probe.intervalSeconds} s`,
  overlayAt(host, now)?.kind ?? '-',
  host.tags.join(',') || '-',
  pricesOf(host),
];

/** Reads shard by shard, until there are enough hosts. */
const select = async (
  { kind, tag, limit }: ListOptions,
  { hosts }: Session,
): Promise<{ readonly found: readonly Host[]; readonly more: boolean }> => {
  const { store } = hosts();
  const found: Host[] = [];
  for (const shard of await store.shards()) {
    const fits = (host: Host): boolean =>
      (kind === undefined || host.capabilities.some((each) => each.kind === kind)) &&
      (tag === undefined || host.tags.includes(tag));
    found.push(...(await store.ofShard(shard)).filter(fits));
    if (found.length > limit) break;
  }
  return { found: found.slice(0, limit), more: found.length > limit };
};

/** Lists hosts, all or those with a kind or a tag. */
export const listHostsCommand = (options: ListOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const { found, more } = await select(options, session);
    const now = session.clock.now();
    if (options.json) json(found);
    else if (found.length === 0) note('No hosts; "hosts add ID URL --kind NAME=PRICE" adds one.');
    else
      out(
        columns([
          ['ID', 'ENDPOINT', 'SLOTS', 'EVERY', 'OVERLAY', 'TAGS', 'RUNS'],
          ...found.map((host) => rowOf(host, now).map(plain)),
        ]),
      );
    if (more) note(`There are more: --limit is ${options.limit}.`);
    return EXIT.ok;
  });
