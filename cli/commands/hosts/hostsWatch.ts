/** `hosts watch`: all hosts with their states, again and again. */
import { EXIT, type ExitCode } from '../../errors.ts';
import { columns, json, jsonLine, note, out, plain, status, time } from '../../print.ts';
import { repeat } from '../../repeat.ts';
import { looking, type Session, type SessionOptions } from '../../session.ts';
import { type Look, lookAtHosts } from '../../show/lookAtHosts.ts';
import { hostReason, latencyOf, pricesOf, shownState, sinceOf } from '../../show/showHost.ts';

export interface WatchHostsOptions extends SessionOptions {
  readonly once?: boolean;
  /** Seconds between two readings. */
  readonly every: number;
  readonly limit: number;
}

const textOf = ({ at, shards, counts, rows }: Look): string => {
  const hosts = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const head = `${time(at)}  ${hosts} hosts in ${shards} shards: ${states}`;
  const table = columns([
    ['ID', 'SINCE', 'LATENCY', 'SLOTS', 'RUNS', 'WHY'],
    ...rows.map((standing) =>
      [
        standing.host.id,
        sinceOf(standing, at),
        latencyOf(standing),
        `${standing.used ?? 0}/${standing.host.concurrency}`,
        pricesOf(standing.host),
        hostReason(standing, at),
      ].map(plain),
    ),
  ]);
  // The state is coloured: its column is padded apart, because colours have a width of their own.
  const painted = ['STATE'.padEnd(11), ...rows.map((each) => status(shownState(each, at), 11))];
  const lines = table.split('\n').map((line, index) => `${painted[index]}  ${line}`);
  const more = hosts > rows.length ? [`and ${hosts - rows.length} more: --limit`] : [];
  return [head, ...lines, ...more].join('\n');
};

const jsonOf = ({ at, shards, counts, rows }: Look): unknown => ({
  at,
  shards,
  counts: Object.fromEntries(counts),
  hosts: rows.map((standing) => ({
    id: standing.host.id,
    state: shownState(standing, at),
    used: standing.used,
    host: standing.host,
    live: standing.live,
  })),
});

const CLEAR = '\u001b[H\u001b[2J';

const print = (look: Look, options: WatchHostsOptions): void => {
  if (options.json && options.once) json(jsonOf(look));
  else if (options.json) jsonLine(jsonOf(look));
  else if (look.rows.length === 0) note('No hosts; "hosts add ID URL --kind NAME=PRICE" adds one.');
  else out(`${process.stdout.isTTY && !options.once ? CLEAR : ''}${textOf(look)}`);
};

const follow = (session: Session, options: WatchHostsOptions): Promise<void> => {
  const system = session.hosts();
  return repeat(options.every, async () => {
    print(await lookAtHosts(system, session.clock.now(), options.limit), options);
    return true;
  });
};

/** Shows the hosts, the worst first, once or until Ctrl-C. */
export const watchHostsCommand = (options: WatchHostsOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    if (options.once)
      print(await lookAtHosts(session.hosts(), session.clock.now(), options.limit), options);
    else await follow(session, options);
    return EXIT.ok;
  });
