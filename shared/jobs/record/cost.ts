/** What a job costs, and how a completed job is paid, as its row says. */

/** What a job's completion costs, and who pays. */
export interface Cost {
  readonly payer: string;
  readonly unit: string;
  /** Minor units, as text. */
  readonly amount: string;
  /** Held beside the amount, for jobs that the job calls or sends: minor units, as text. */
  readonly budget?: string;
  /** Only of a child that is paid from its parent's hold. */
  readonly draw?: ChildHold;
}

/** A hold that takes its amount out of another hold. */
export interface ChildHold {
  /** The id of the new hold. */
  readonly hold: string;
  /** The id of the hold that the amount comes from. */
  readonly of: string;
  /** When the new hold expires, ms since the epoch. */
  readonly until: number;
}

/** How a completed job is paid. */
export interface Settlement {
  /** The hold that pays the job; with `final`, the hold was for this job alone. */
  readonly hold: string;
  readonly final: boolean;
  /** Who did the work. */
  readonly payee: string;
  /** The operator's share, in parts per million. */
  readonly marginPpm: number;
  /** What the job itself costs, in minor units as text. When absent: its price less its shares. */
  readonly amount?: string;
  /** The parts of what is held that pay for its children. */
  readonly shares?: HeldShares;
}

/** Parts of a hold that pay for other jobs. */
export interface HeldShares {
  /** Minor units, as text, in the order in which the jobs were called or sent. */
  readonly amounts: readonly string[];
  /** When the parts expire, ms since the epoch. */
  readonly until: number;
}
