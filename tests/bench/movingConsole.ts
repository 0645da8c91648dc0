/** A console whose jobs, graphs, hosts and waits change at each look, for measurements. */
import { createJobIndex } from '#cli/console/jobIndex.ts';
import { type ConsoleRooms, serveConsole } from '#cli/console/server.ts';
import type { Board, BoardWidget, ConsoleSession, JobWhole, MeshState } from '#cli/console/wire.ts';
import type { HostWhole, VerifyState, WaitMap } from '#cli/console/wireViews.ts';
import type { StreamRecord } from '#emulator/triggers/streamBatch.ts';

const JOBS = 20_000;
const CHANGES_A_LOOK = 50;
const WIDGETS = 30;
const LINES = 4;
const BINS = 180;
const T = 1_790_000_000_000;

let serial = 0;
const change = (n: number): StreamRecord => {
  serial += 1;
  const text = (S: string) => ({ S });
  const at = { N: String(T + serial) };
  const image = {
    ...{ status: text(serial % 3 ? 'COMPLETED' : 'RUNNING'), kind: text('echo') },
    ...{ source: text('shop'), group: text(`g${n % 7}`), priority: text('normal') },
    ...{ attempt: { N: '1' }, createdAt: at, updatedAt: at },
  };
  const Keys = { pk: text(`JOB#job-${n}`), sk: text('JOB') };
  return { dynamodb: { Keys, NewImage: image } } as unknown as StreamRecord;
};

const widget = (n: number): BoardWidget => ({
  ...{ title: `Widget ${n}`, view: n % 3 ? 'lines' : 'stacked', unit: 'jobs', limits: [] },
  lines: Array.from({ length: LINES }, (_, line) => ({
    label: `line ${line}`,
    points: Array.from({ length: BINS }, (_, bin) => (bin * (line + 1) + serial) % 97),
  })),
  counted: Array.from({ length: LINES }, () => true),
});

const board = (): Board => ({
  ...{ from: T + serial, binMs: 10_000, length: BINS },
  rows: [{ title: 'All', hint: '', widgets: Array.from({ length: WIDGETS }, (_, n) => widget(n)) }],
  alarms: { defined: 3, on: [] },
});

const job = (id: string): JobWhole => ({
  job: { id, status: 'RUNNING', kind: 'echo', createdAt: T, updatedAt: T + serial },
  trace: Array.from({ length: 20 }, (_, n) => ({ at: T + n, event: 'claimed', text: `${serial}` })),
  ...{ steps: [], signals: [], can: ['cancel'] },
});

const bins = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ at: T + n, probes: 60, passes: (serial + n) % 61 }));
const host = (id: string): HostWhole => ({
  ...{ id, endpoint: 'http://h', state: 'online', isDrained: false, facts: [], changes: [] },
  ...{ slots: { used: 1, all: 4 }, uptime: [['day', '99.00 %']], hours: bins(24), days: bins(90) },
  jobs: [{ job: `job-${serial % JOBS}`, until: T }],
});

const waits = (): WaitMap => ({
  ...{ looked: 300, whole: true },
  causes: Array.from({ length: 40 }, (_, n) => ({
    ...{ kind: 'job', name: `job-${(serial + n) % JOBS}`, title: 'Job', why: 'running' },
    ...{ holders: [], more: 0 },
    waiters: Array.from({ length: 8 }, (_, of) => ({
      job: `job-${of + serial}`,
      says: 'needs it',
    })),
  })),
});

const sessionWith = (everyMs: number): ConsoleSession => ({
  ...{ label: 'a bench', stage: 'bench', embedded: true, production: false, readOnly: true },
  ...{ actor: 'bench', kinds: [{ kind: 'echo' }], ranges: [900], indexed: true },
  refreshMs: { lists: everyMs, board: everyMs },
});

const MESH: MeshState = {
  ...{ state: 'RUNNING', since: T, pausedQueues: [], pausedSources: [] },
  ...{ limits: {}, events: [] },
};

/** A console of 20,000 jobs whose data change at each look. */
export const openMoving = async () => {
  const index = createJobIndex(JOBS);
  index.apply(Array.from({ length: JOBS }, (_, n) => change(n)));
  let looks = 0;
  let everyMs = 0;
  const moving =
    <T>(answer: (query: URLSearchParams) => T) =>
    (query: URLSearchParams): Promise<T> => {
      looks += 1;
      index.apply(Array.from({ length: CHANGES_A_LOOK }, () => change((serial * 7_919) % JOBS)));
      return Promise.resolve(answer(query));
    };
  const verify: VerifyState = { state: 'never', blocks: 0, blocksTotal: 0, items: 0 };
  const accounts = () => ({ columns: ['Account'], rows: [[`a${serial}`]], none: '' });
  const rooms: ConsoleRooms = {
    asked: {
      session: () => Promise.resolve(sessionWith(everyMs)),
      board: moving(board),
      jobs: moving((query) => {
        const cursor = query.get('cursor');
        const { rows, next } = index.page(cursor ? { before: Number(cursor) } : {});
        const { byStatus } = index.counts();
        return { kind: 'page', found: 'all', rows, byStatus, next: next && String(next) };
      }),
      job: moving((query) => job(query.get('id') ?? '')),
      host: moving((query) => host(query.get('id') ?? '')),
      waits: moving(waits),
      accounts: moving(accounts),
      state: () => Promise.resolve(MESH),
      verify: () => Promise.resolve(verify),
    },
  };
  return {
    server: await serveConsole(rooms, 0),
    looks: () => looks,
    /** How often a page asks that is opened from now on. */
    askEvery: (ms: number): void => {
      everyMs = ms;
    },
  };
};
