/** What the job rules need of a ledger; the adapter is in shared/ledger. */
import type { Draw, JobRecord } from '#shared/jobs/record/record.ts';

/** What a job would cost, before it runs. */
export interface Price {
  /** Of this run of the job: asked again, it is the same hold. */
  readonly hold: string;
  /** Taken out of what the job's parent holds. */
  readonly draw?: Draw | undefined;
  readonly payer: string;
  readonly unit: string;
  readonly amount: bigint;
}

/** Money that is held for a job. */
export interface Funds {
  readonly hold: string;
  readonly final: boolean;
  /** It was not needed after all: all of it, or what is given. */
  giveBack(rest?: bigint): void;
}

export interface HoldAllocator {
  /** Holds the price, or says why the payer cannot pay it; `unclear` when the ledger did not answer. */
  take(
    price: Price,
  ): Promise<
    | { readonly kind: 'held'; readonly funds: Funds }
    | { readonly kind: 'short'; readonly code: string; readonly message: string }
    | { readonly kind: 'unclear' }
  >;
}

/** Ends of jobs with a price, on their way to the ledger. */
export interface Charges {
  /** Resolves when all are queued; sending one again does no harm. */
  send(ended: readonly JobRecord[]): Promise<void>;
}
