/** `ledger verify` from the page: one run at a time, with its progress, which can be stopped. */
import type { Deployment } from '#client/deployment.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import { type Verification, verifyRunning } from '#shared/ledger/audit/verify.ts';
import { faultOf } from './faults.ts';
import type { Answering } from './server.ts';
import type { VerifyState } from './wireViews.ts';

/** Somebody pressed "Stop": the look ends at its next read. */
class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

type Ledger = Deployment['ledger'];
type Reader = Ledger['reader'];

interface Counted {
  blocks(n: number): void;
  items(n: number): void;
  /** @throws StoppedError when the look is to end */
  go(): void;
}

/** The reader itself, which tells how far it came. */
const counting = (reader: Reader, { blocks, items, go }: Counted): Reader => ({
  account: (key) => {
    go();
    return reader.account(key);
  },
  balance: (key, lane) => {
    go();
    return reader.balance(key, lane);
  },
  block: (lane, seq) => {
    go();
    return reader.block(lane, seq);
  },
  blocks: async function* (lane, seq) {
    for await (const page of reader.blocks(lane, seq)) {
      go();
      blocks(page.length);
      yield page;
    }
  },
  items: async function* () {
    for await (const page of reader.items()) {
      go();
      items(page.length);
      yield page;
    }
  },
  records: (ids) => {
    go();
    return reader.records(ids);
  },
  pendingHolds: (lane) => {
    go();
    return reader.pendingHolds(lane);
  },
});

const blocksIn = async ({ store, lanes }: Ledger): Promise<number> => {
  const heads = await Promise.all(Array.from({ length: lanes }, (_, lane) => store.head(lane)));
  return heads.reduce((sum, { seq }) => sum + seq, 0);
};

/** Where a look begins. */
const BEGUN = { blocks: 0, blocksTotal: 0, items: 0 } as const;

const stateOf = ({ problem, unsure }: Verification): VerifyState['state'] => {
  if (unsure) return 'unsure';
  return problem ? 'wrong' : 'right';
};

/**
 * Answers how the verification stands; `do=start` begins one where none runs, `do=stop` ends it.
 * Verifying only reads, so a console that only reads may do it.
 */
export const verificationOf = ({ ledger }: Pick<Deployment, 'ledger'>, now: () => number) => {
  let state: VerifyState = { state: 'never', ...BEGUN };
  let isStopped = false;
  const change = (part: Partial<VerifyState>): void => {
    state = { ...state, ...part };
  };
  const look = async (): Promise<void> => {
    const go = (): void => {
      if (isStopped) throw new StoppedError();
    };
    const reader = counting(ledger.reader, {
      blocks: (n) => change({ blocks: state.blocks + n }),
      items: (n) => change({ items: state.items + n }),
      go,
    });
    try {
      change({ blocksTotal: await blocksIn(ledger) });
      const wait = async (ms: number) => {
        await systemSleep(ms);
        go();
      };
      const again = async () => change({ ...BEGUN, blocksTotal: await blocksIn(ledger) });
      const verdict = await verifyRunning({ ...ledger, reader, wait, again });
      const { problem, unsure, digest: _, ...seen } = verdict;
      const found = problem ?? unsure;
      change({ state: stateOf(verdict), ...(found && { problem: found }), seen });
    } catch (error) {
      if (error instanceof StoppedError) change({ state: 'stopped' });
      else change({ state: 'failed', fault: faultOf(error).refusal.message });
    }
    change({ endedAt: now() });
  };
  const asked: Answering = async (query) => {
    const wish = query.get('do');
    if (wish === 'stop') isStopped = true;
    if (wish === 'start' && state.state !== 'runs') {
      isStopped = false;
      state = { state: 'runs', ...BEGUN, startedAt: now() };
      void look();
    }
    if (state.state === 'never') change({ blocksTotal: await blocksIn(ledger) });
    return state;
  };
  return asked;
};
