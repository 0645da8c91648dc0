import { afterEach, describe, expect, it, vi } from 'vitest';
import { verificationOf } from '#cli/console/verification.ts';
import type { VerifyState } from '#cli/console/wireViews.ts';
import type { Deployment } from '#client/deployment.ts';
import { genesis } from '#shared/ledger/core/blocks.ts';

afterEach(() => void vi.useRealTimers());

const START = { hash: genesis(0).hash, digest: 0n };

/** A ledger of one lane whose journal comes page by page, when it is told to. */
const slowLedger = () => {
  const turns: (() => void)[] = [];
  const page = () => new Promise<void>((resolve) => turns.push(resolve));
  const reader = {
    items: async function* () {},
    blocks: async function* () {
      for (;;) {
        await page();
        yield [];
      }
    },
  };
  const ledger = {
    lanes: 1,
    reader,
    store: { head: () => Promise.resolve({ lane: 0, seq: 40 }) },
    entries: { cursor: () => Promise.resolve({ lane: 0, seq: 99, hash: '', digest: 0n }) },
  } as unknown as Deployment['ledger'];
  return { ledger, turn: () => turns.shift()?.() };
};

describe('the verification from the page', () => {
  it('runs once however often it is begun, and ends when it is stopped', async () => {
    const { ledger, turn } = slowLedger();
    const asked = verificationOf({ ledger }, () => 7);
    const ask = async (wish = '') =>
      (await asked(new URLSearchParams({ do: wish }))) as VerifyState;
    expect(await ask()).toMatchObject({ state: 'never', blocksTotal: 40 });
    expect(await ask('start')).toMatchObject({ state: 'runs', startedAt: 7 });
    await ask('start');
    expect(await ask('stop')).toMatchObject({ state: 'runs' });
    await expect
      .poll(async () => {
        turn();
        return (await ask()).state;
      })
      .toBe('stopped');
    expect(await ask()).toMatchObject({ endedAt: 7 });
    expect(await ask('start')).toMatchObject({ state: 'runs', blocks: 0 });
  });

  it('is not sure of a balance whose holds move at each look', async () => {
    vi.useFakeTimers();
    const key = { unit: 'CRD', account: 'a' };
    let held = 0n;
    const next = () => {
      held += 1n;
      const position = { debits: 0n, credits: 0n, held, seq: 0 };
      return { key, lane: 0, position, available: -held, closed: false };
    };
    const account = { ...key, lane: 0, guarded: false, closed: false, createdAt: 0 };
    const items = [
      { kind: 'account', account },
      { kind: 'balance', balance: next() },
    ];
    const reader = {
      items: async function* () {
        yield items;
      },
      blocks: async function* () {},
      pendingHolds: async function* () {},
      records: () => Promise.resolve([]),
      balance: () => Promise.resolve(next()),
    };
    const entries = { cursor: () => Promise.resolve({ lane: 0, seq: 0, ...START }) };
    const store = { head: () => Promise.resolve(genesis(0)) };
    const moving = { lanes: 1, store, reader, entries };
    const asked = verificationOf({ ledger: moving as never }, () => 7);
    await asked(new URLSearchParams({ do: 'start' }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await asked(new URLSearchParams())).toMatchObject({
      state: 'unsure',
      problem: {
        where: 'balance of a (CRD) in lane 0',
        what: expect.stringMatching(/are held, its open holds have 0$/),
      },
    });
  });

  it('says why it could not go on', async () => {
    const { ledger } = slowLedger();
    const fault = Object.assign(new Error('not authorized to perform: dynamodb:Query'), {
      name: 'AccessDeniedException',
    });
    const store = { head: () => Promise.reject(fault) };
    const asked = verificationOf({ ledger: { ...ledger, store } as never }, () => 7);
    await asked(new URLSearchParams({ do: 'start' }));
    await expect
      .poll(() => asked(new URLSearchParams()))
      .toMatchObject({ state: 'failed', fault: expect.stringContaining('dynamodb:Query') });
  });
});
