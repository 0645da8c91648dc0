/** What a dashboard and an alarm are, as data: CloudWatch, the runbook and the local page read it. */

export type Stat = 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'p50' | 'p90' | 'p99';

export interface MetricRef {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: Stat;
}

interface Labelled {
  readonly label: string;
  /** For expressions to refer to; unique in its widget. */
  readonly id?: string;
  /** Only there for an expression. */
  readonly hidden?: boolean;
}

export type Series = Labelled &
  (
    | { readonly kind: 'metric'; readonly metric: MetricRef }
    /** CloudWatch's metric math, the part that `math.ts` knows. */
    | { readonly kind: 'math'; readonly expression: string }
    /** One line for each value of the dimension `by`; the label stands behind it. */
    | { readonly kind: 'search'; readonly metric: MetricRef; readonly by: string }
  );

export interface Widget {
  readonly title: string;
  readonly view: 'lines' | 'stacked' | 'numbers';
  /** Of the values: `jobs`, `ms`, `US$`. */
  readonly unit: string;
  readonly series: readonly Series[];
  /** Lines across the graph. */
  readonly limits?: readonly { readonly label: string; readonly value: number }[];
}

export interface Row {
  readonly title: string;
  /** What to look for, for somebody who was just paged. */
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
  /** A page makes the mesh unhealthy; a ticket can wait for the morning. */
  readonly severity: 'page' | 'ticket';
  /** The watched value is the last one. */
  readonly series: readonly Series[];
  readonly over?: number;
  readonly under?: number;
  /** Breaching periods, of so many, each so long. */
  readonly when: { readonly breaching: number; readonly of: number; readonly seconds: number };
  readonly missing: {
    readonly as: 'notBreaching' | 'breaching' | 'ignore' | 'missing';
    readonly because: string;
  };
  readonly runbook: Runbook;
}
