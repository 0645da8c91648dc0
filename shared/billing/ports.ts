/** What the job rules need of a ledger; the adapter is in shared/ledger. */
import type { ChildHold, JobRecord } from '#shared/jobs/record/record.ts';

/** What a job would cost, before it runs. */
export interface Price {
  /** The id of the hold for this run of the job. The same id is never held twice. */
  readonly hold: string;
  /** The price is taken out of the hold of the parent. */
  readonly draw?: ChildHold | undefined;
  /** The job has a hold of its own, and takes from no allowance. */
  readonly own?: boolean | undefined;
  readonly payer: string;
  readonly unit: string;
  /** Minor units. */
  readonly amount: bigint;
}

/** Money that is held for a job. */
export interface JobFunds {
  readonly hold: string;
  /** The hold is for this job alone; false for an allowance. */
  readonly final: boolean;
  /** Gives back to an allowance: `rest` (minor units), or everything. Else does nothing. */
  giveBack(rest?: bigint): void;
}

/** Places holds for the worker. */
export interface HoldAllocator {
  /** Holds the price. `short`: the hold was refused. `unclear`: the ledger did not answer. */
  take(
    price: Price,
  ): Promise<
    | { readonly kind: 'held'; readonly funds: JobFunds }
    | { readonly kind: 'short'; readonly code: string; readonly message: string }
    | { readonly kind: 'unclear' }
  >;
}

/** Sends the charges of ended jobs to the ledger. */
export interface Charges {
  /** Resolves when all charges are queued. A charge may be sent again: it is settled once. */
  send(ended: readonly JobRecord[]): Promise<void>;
}
