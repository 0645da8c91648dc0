/** Dashboards and alarms as data. CloudWatch, the runbook and the local page are made from them. */

export type Stat = 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'p50' | 'p90' | 'p99';

export interface MetricRef {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: Stat;
}

interface Labelled {
  readonly label: string;
  /** The name by which expressions refer to the series; unique in its widget. */
  readonly id?: string;
  /** Not shown; only an expression uses the series. */
  readonly hidden?: boolean;
}

export type Series = Labelled &
  (
    | { readonly kind: 'metric'; readonly metric: MetricRef }
    /** CloudWatch's metric math, as far as `math.ts` reads it. */
    | { readonly kind: 'math'; readonly expression: string }
    /** One line for each value of the dimension `by`, which stands before the label. */
    | { readonly kind: 'search'; readonly metric: MetricRef; readonly by: string }
  );

export interface Widget {
  readonly title: string;
  readonly view: 'lines' | 'stacked' | 'numbers';
  /** Unit of the values: `jobs`, `ms`, `US$`. */
  readonly unit: string;
  readonly series: readonly Series[];
  /** Horizontal lines in the graph, at a value. */
  readonly limits?: readonly { readonly label: string; readonly value: number }[];
}

export interface Row {
  readonly title: string;
  /** What a person looks for who was just alarmed. */
  readonly hint: string;
  readonly widgets: readonly Widget[];
}

export interface DashboardSpec {
  readonly name: string;
  readonly rows: readonly Row[];
}

export interface Runbook {
  readonly means: string;
  readonly firstLook: string;
  readonly firstAction: string;
}

export interface AlarmSpec {
  /** Upper camel case; its name in the account is `sheratan-<stage>-<id>`. */
  readonly id: string;
  /** `page` wakes a person: the mesh is unhealthy. `ticket` can wait for the morning. */
  readonly severity: 'page' | 'ticket';
  /** The last series is the watched value. */
  readonly series: readonly Series[];
  readonly over?: number;
  readonly under?: number;
  /** So many breaching periods, of the last `of`, each of `seconds`. */
  readonly when: { readonly breaching: number; readonly of: number; readonly seconds: number };
  readonly missing: {
    readonly as: 'notBreaching' | 'breaching' | 'ignore' | 'missing';
    readonly because: string;
  };
  readonly runbook: Runbook;
}
