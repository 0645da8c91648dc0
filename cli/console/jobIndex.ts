/** All jobs of an embedded cloud, the latest change first, from the stream of the Jobs table. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { StreamRecord } from '#emulator/triggers/streamBatch.ts';
import { TERMINAL } from '#shared/contracts/jobs.ts';
import type { JobLine } from './wire.ts';

interface JobQuery {
  readonly only?: ((line: JobLine) => boolean) | undefined;
  /** Part of id, kind, source, group, mission or error code; case does not matter. */
  readonly text?: string | undefined;
  /** Only rows that changed before the row with this serial number. */
  readonly before?: number | undefined;
}

interface JobPage {
  readonly rows: readonly JobLine[];
  /** `before` for the next page; absent at the end. */
  readonly next?: number;
}

export interface JobIndex {
  apply(records: readonly StreamRecord[]): void;
  page(query: JobQuery): JobPage;
  /** Ids of jobs that have not ended, the latest change first. */
  open(limit: number): readonly string[];
  /** Number of jobs of each status, and number of all changes so far. */
  counts(): { readonly byStatus: Readonly<Record<string, number>>; readonly changes: number };
}

export const PAGE_ROWS = 50;
/** With more jobs, the job with the oldest change is dropped. */
const ROWS_MAX = 100_000;

type Image = Parameters<typeof unmarshall>[0];
interface Change {
  readonly Keys: Readonly<Record<string, { readonly S?: string }>>;
  readonly NewImage?: Image;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const rowOf = (id: string, image: Image): JobLine | undefined => {
  const item = unmarshall(image);
  // A row without a status only records that others wait for the job.
  if (item['status'] === undefined) return undefined;
  const code = text(item['error']?.code);
  return {
    id,
    status: text(item['status']),
    kind: text(item['kind']),
    source: text(item['source']),
    group: text(item['group']),
    priority: text(item['priority']),
    attempt: Number(item['attempt'] ?? 0),
    createdAt: Number(item['createdAt'] ?? 0),
    updatedAt: Number(item['updatedAt'] ?? 0),
    ...(item['dueAt'] !== undefined && { dueAt: Number(item['dueAt']) }),
    ...(code && { code, message: text(item['error']?.message) }),
    ...(item['missionId'] && { mission: text(item['missionId']) }),
    ...(item['taskId'] && { task: text(item['taskId']) }),
    ...(item['host'] && { host: text(item['host']) }),
    ...(item['halted'] && { halted: true as const }),
  };
};

interface Entry {
  readonly row: JobLine;
  readonly serial: number;
  /** The text that a search reads. */
  readonly text: string;
}

/** An empty index of at most `rowsMax` jobs. */
export const createJobIndex = (rowsMax = ROWS_MAX): JobIndex => {
  // A changed job moves to the end: the map's order is the order of changes.
  const entries = new Map<string, Entry>();
  const byStatus: Record<string, number> = {};
  let serial = 0;

  const count = (status: string, by: number): void => {
    byStatus[status] = (byStatus[status] ?? 0) + by;
  };
  const remove = (id: string): void => {
    const entry = entries.get(id);
    if (!entry) return;
    count(entry.row.status, -1);
    entries.delete(id);
  };
  const put = (row: JobLine): void => {
    serial += 1;
    const { id, kind, source, group, mission = '', code = '' } = row;
    const all = [id, kind, source, group, mission, code].join('\n').toLowerCase();
    entries.set(id, { row, serial, text: all });
    count(row.status, 1);
    const [oldest] = entries.keys();
    if (entries.size > rowsMax && oldest !== undefined) remove(oldest);
  };

  const matches = ({ row, serial, text }: Entry, query: JobQuery, wanted: string): boolean =>
    (query.before === undefined || serial < query.before) &&
    (query.only?.(row) ?? true) &&
    (wanted === '' || text.includes(wanted));

  return {
    apply: (records) => {
      for (const { dynamodb } of records) {
        const { Keys, NewImage } = dynamodb as unknown as Change;
        if (Keys['sk']?.S !== 'JOB') continue;
        const id = text(Keys['pk']?.S).slice('JOB#'.length);
        const row = NewImage && rowOf(id, NewImage);
        remove(id);
        if (row) put(row);
      }
    },
    page: (query) => {
      const wanted = (query.text ?? '').trim().toLowerCase();
      const found: Entry[] = [];
      for (const entry of [...entries.values()].reverse()) {
        if (!matches(entry, query, wanted)) continue;
        found.push(entry);
        if (found.length > PAGE_ROWS) break;
      }
      const shown = found.slice(0, PAGE_ROWS);
      const last = shown.at(-1);
      return {
        rows: shown.map(({ row }) => row),
        ...(found.length > PAGE_ROWS && last && { next: last.serial }),
      };
    },
    open: (limit) => {
      const ids: string[] = [];
      for (const [id, { row }] of [...entries].reverse()) {
        if (ids.length === limit) break;
        if (!TERMINAL.some((each) => each === row.status)) ids.push(id);
      }
      return ids;
    },
    counts: () => ({ byStatus: { ...byStatus }, changes: serial }),
  };
};
