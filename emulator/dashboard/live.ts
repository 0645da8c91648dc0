/** What the server sends to the page: everything when the page connects, then only what is new. */
import type { AlarmSpec, DashboardSpec } from '#infra/monitoring/spec.ts';
import type { Cloud } from '../cloud.ts';
import { alarmsOn } from './alarms.ts';
import type { Recorder } from './recorder.ts';
import { drawAll } from './render.ts';
import type { DashboardSource, List } from './server.ts';
import { BINS, binOf, PERIOD_SECONDS } from './store.ts';

export interface LiveOptions {
  readonly spec: DashboardSpec;
  readonly alarms: readonly AlarmSpec[];
  readonly stackName: string;
  readonly recorder: Recorder;
  readonly cloud: Cloud;
  readonly lists: Readonly<Record<string, List>>;
  /** Counts that the page shows beside its lists, and by which it sees that a list changed. */
  readonly summary: () => unknown;
}

export type LiveSource = DashboardSource & { stop(): void };

const SAMPLE_MS = 1_000;
const TABLES_MS = 5_000;
/** Functions print some values late: each tick sends the last bins again. */
const FRESH_BINS = 3;

/** Samples queues each second and tables every five, until `stop`. */
export const createLive = (options: LiveOptions): LiveSource => {
  const { spec, stackName, recorder, cloud, lists, summary } = options;
  const began = Date.now();
  let tables: readonly { readonly name: string; readonly items: number }[] = [];
  const countTables = async (): Promise<void> => {
    tables = await cloud.tables();
  };
  const sampler = setInterval(() => recorder.sample(cloud), SAMPLE_MS);
  const counter = setInterval(() => void countTables().catch(() => undefined), TABLES_MS);
  for (const timer of [sampler, counter]) timer.unref();

  const machine = () => ({
    queues: cloud.queues(),
    tables,
    alarms: {
      defined: options.alarms.length,
      on: alarmsOn(options.alarms, recorder.store, Date.now(), began),
    },
    summary: summary(),
  });
  const drawn = (length: number) => {
    const last = binOf(Date.now());
    const span = { first: last - length + 1, length };
    return { ...span, widgets: drawAll(spec, recorder.store, span) };
  };
  return {
    lists,
    snapshot: () => ({
      stackName,
      since: binOf(began),
      periodSeconds: PERIOD_SECONDS,
      lists: Object.keys(lists),
      rows: spec.rows.map(({ title, hint, widgets }) => ({
        title,
        hint,
        widgets: widgets.map(({ title, view, unit, limits = [] }) => ({
          title,
          view,
          unit,
          limits,
        })),
      })),
      ...drawn(BINS),
      ...machine(),
    }),
    tick: () => ({ ...drawn(FRESH_BINS), ...machine() }),
    stop: () => {
      for (const timer of [sampler, counter]) clearInterval(timer);
    },
  };
};
