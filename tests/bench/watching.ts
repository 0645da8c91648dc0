/** What watching the mesh costs: metrics, alarms and the dashboard a month, logs by the job. */
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { dashboardOf } from '#infra/monitoring/dashboard.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { FUNCTIONS } from '#shared/contracts/functions.ts';
import { EMITTED, KIND_METRICS, USAGE_METRICS } from '#shared/contracts/metrics.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import { line, round, title } from './stats.ts';

/** Each alarm pays for every metric that it looks at. */
const watchedBy = ({ series }: ReturnType<typeof alarmsOf>[number]): number =>
  series.filter(({ kind }) => kind === 'metric').length;

/** In use, all of it and all month long; what is not emitted costs nothing. */
export const benchWatching = () => {
  title('The price of watching, a month, without the free tier');
  const inventory = inventoryOf('dev');
  const own = FUNCTIONS.reduce((sum, name) => sum + (EMITTED[name]?.length ?? 0), 0);
  const metrics = {
    all: own + Object.values(USAGE_METRICS).length,
    byKind: KIND_METRICS.length * kinds.size,
  };
  const alarms = alarmsOf(inventory);
  const watched = alarms.reduce((sum, alarm) => sum + watchedBy(alarm), 0);
  const { rows } = dashboardOf(inventory);
  const widgets = rows.reduce((sum, row) => sum + row.widgets.length, 0);
  const usd = {
    metrics: round((metrics.all + metrics.byKind) * USD.customMetric, 2),
    alarms: round(watched * USD.alarm, 2),
    dashboard: USD.dashboard,
  };
  line('metrics', `${metrics.all} and ${metrics.byKind} by kind: US$ ${usd.metrics}`);
  line('alarms', `${alarms.length} on ${watched} metrics, and a composite one: US$ ${usd.alarms}`);
  line('dashboard', `${widgets} widgets: US$ ${usd.dashboard}`);
  return { metrics, alarms: alarms.length, watched, widgets, usd };
};

const GIGABYTE = 1e9;

/** @param bytes that the functions printed for so many jobs */
export const benchPrinted = (
  bytes: { readonly metrics: number; readonly logs: number },
  jobs: number,
) => {
  const of = (printed: number) => ({
    bytesPerJob: round(printed / jobs, 0),
    usdPerMillion: round((printed / jobs) * (1e6 / GIGABYTE) * USD.logGigabyte, 2),
  });
  const printed = { metrics: of(bytes.metrics), logs: of(bytes.logs) };
  for (const [name, { bytesPerJob, usdPerMillion }] of Object.entries(printed))
    line(`  ${name} printed`, `${bytesPerJob} bytes a job, US$ ${usdPerMillion} per million`);
  return printed;
};
