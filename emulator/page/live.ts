/** What the server sends: everything when the page connects, then only what is new. */

export type LinePoints = (number | null)[];

export interface DrawnLine {
  readonly label: string;
  points: LinePoints;
}

export interface WidgetInfo {
  readonly title: string;
  readonly view: 'lines' | 'stacked' | 'numbers';
  readonly unit: string;
  readonly limits: readonly { readonly label: string; readonly value: number }[];
}

interface Machine {
  readonly queues: readonly {
    readonly name: string;
    readonly visible: number;
    readonly inFlight: number;
    readonly delayed: number;
    readonly oldestSeconds: number;
  }[];
  readonly tables: readonly { readonly name: string; readonly items: number }[];
  readonly alarms: {
    readonly defined: number;
    readonly on: readonly {
      readonly id: string;
      readonly severity: 'page' | 'ticket';
      readonly runbook: {
        readonly means: string;
        readonly firstLook: string;
        readonly firstAction: string;
      };
    }[];
  };
  readonly summary: {
    readonly byStatus: Readonly<Record<string, number>>;
    readonly changes: number;
  };
}

interface Span {
  /** Number of the first bin: ms since the epoch, divided by the length of a bin. */
  first: number;
  length: number;
}

export interface PageSnapshot extends Machine, Span {
  readonly stackName: string;
  /** The bin in which measuring began. */
  readonly since: number;
  readonly periodSeconds: number;
  readonly lists: readonly string[];
  readonly rows: readonly {
    readonly title: string;
    readonly hint: string;
    readonly widgets: readonly WidgetInfo[];
  }[];
  widgets: DrawnLine[][];
}

type Tick = Machine & Span & { readonly widgets: DrawnLine[][] };

const blank = (length: number): LinePoints => new Array<number | null>(length).fill(null);

/** Moves the window forward and writes the new bins over its end. */
const merge = (snapshot: PageSnapshot, tick: Tick): PageSnapshot => {
  const first = tick.first + tick.length - snapshot.length;
  const shift = Math.min(snapshot.length, Math.max(0, first - snapshot.first));
  const widgets = tick.widgets.map((drawn, index) => {
    const before = new Map(
      (snapshot.widgets[index] ?? []).map((each) => [each.label, each.points]),
    );
    for (const { label, points } of drawn) {
      const old = before.get(label) ?? blank(snapshot.length);
      const moved = [...old.slice(shift), ...blank(shift)];
      moved.splice(snapshot.length - tick.length, tick.length, ...points);
      before.set(label, moved);
    }
    return [...before].map(([label, points]) => ({ label, points }));
  });
  return { ...snapshot, ...tick, first, length: snapshot.length, widgets };
};

export interface LiveView {
  readonly snapshot: PageSnapshot | undefined;
  paused: boolean;
}

/**
 * Keeps a connection to the server, for the whole life of the page.
 *
 * @param onChange called with `live` for new data, unless the page is paused, and with `lost` when
 *   the connection breaks
 */
export const connect = (onChange: (state: 'live' | 'lost') => void): LiveView => {
  let snapshot: PageSnapshot | undefined;
  const live = {
    get snapshot() {
      return snapshot;
    },
    paused: false,
  };
  // The browser connects again by itself. The server then sends a whole snapshot.
  const events = new EventSource('/api/live');
  const told = (): void => {
    if (!live.paused) onChange('live');
  };
  events.addEventListener('snapshot', ({ data }) => {
    snapshot = JSON.parse(data as string) as PageSnapshot;
    told();
  });
  events.addEventListener('tick', ({ data }) => {
    if (snapshot) snapshot = merge(snapshot, JSON.parse(data as string) as Tick);
    told();
  });
  events.addEventListener('error', () => onChange('lost'));
  return live;
};

/**
 * Asks the server for one list; `undefined` when the server has no such list.
 *
 * @throws Error with the server's text for any other failure
 */
export const askServer = async <T>(
  list: string,
  query: Readonly<Record<string, string>>,
): Promise<T | undefined> => {
  const response = await fetch(`/api/${list}?${new URLSearchParams(query)}`);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
};
