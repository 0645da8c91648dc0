import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import {
  appendTo,
  followStateFile,
  legacyFiles,
  legacyPathsIn,
  replaceFile,
} from '#cli/input/legacyFiles.ts';
import { systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { createHistoryStore } from '#shared/ledger/dynamo/historyStore.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { type CutOverDeps, cutOver, takeBackLedger } from '#shared/legacy/ledger/cutOver.ts';
import { DIGITS } from '#shared/legacy/ledger/divergence.ts';
import { scaled } from '#shared/legacy/ledger/exact.ts';
import { followLag, followOnce } from '#shared/legacy/ledger/follow.ts';
import { LEGACY_UNIT, OPENING, readLegacyLedger } from '#shared/legacy/ledger/import.ts';
import { auditOf, startLedger } from '../support/ledger.ts';
import { type Original, openOriginal } from '../support/original.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

interface Stage {
  readonly original: Original;
  readonly directory: string;
  readonly test: Awaited<ReturnType<typeof startLedger>>;
  readonly deps: CutOverDeps;
}

const open = async (): Promise<Stage> => {
  const directory = mkdtempSync(join(tmpdir(), 'sheratan-original-'));
  folders.push(directory);
  const original = openOriginal(directory);
  const test = await startLedger(inject('dynamoEndpoint'), 2);
  const paths = legacyPathsIn(directory);
  const reader = createLedgerReader(test.options);
  const deps: CutOverDeps = {
    files: legacyFiles(paths),
    state: followStateFile(paths),
    ledger: test.ledger,
    history: createHistoryStore(test.options),
    standings: () => standings({ ...test, reader, random: systemRandom, wait: systemSleep }),
    locked: (work) => work(),
    now: test.now,
    append: (text) => appendTo(paths.journal, text),
    replace: (text) => replaceFile(paths.ledger, text),
  };
  return { original, directory, test, deps };
};

const unitsOf = (credits: number): bigint => scaled(credits.toFixed(9), DIGITS);

const expectEqual = async ({ original, test }: Stage): Promise<void> => {
  for (const [account, credits] of original.balances) {
    const { posted } = await test.ledger.balance({ unit: LEGACY_UNIT, account });
    expect(posted, account).toBe(unitsOf(credits));
  }
  expect((await auditOf(test)).problem).toBeUndefined();
};

const beginning = ({ create, credit, settle }: Original): void => {
  create('alice', 100);
  create('worker', 0);
  credit('bob', 990.5);
  settle('alice', 'worker', 12.34567, 9.8765, 'job-0');
};

/** All that the original does differently from a ledger: a charge without receiver, dust, a filled mint. */
const work = ({ create, credit, charge, settle }: Original): void => {
  charge('alice', 'worker', 10, 'job-1');
  settle('bob', 'worker', 105.5555, 94.99995, 'job-2');
  settle('bob', 'worker', 0.00003, 0.00002, 'job-3');
  charge('alice', 'worker', 5, 'job-4', true);
  create('carol', 7);
  charge('carol', 'worker', 7, 'job-5');
  credit('dave', 800);
};

describe("a follower of the original's ledger", () => {
  it('takes over what is new, each transfer under its id, and is equal to the last unit', async () => {
    const stage = await open();
    const { original, deps, test } = stage;
    beginning(original);
    expect(await followOnce(deps)).toMatchObject({ isNew: true, state: { phase: 'following' } });
    await expectEqual(stage);
    work(original);
    const before = (await deps.state.load()) ?? expect.unreachable();
    expect((await followLag(before, deps, Date.now())).lines).toBe(9);
    const { state } = await followOnce(deps);
    expect(await followLag(state, deps, Date.now())).toEqual({ lines: 0, ageMs: 0 });
    await expectEqual(stage);
    expect(await test.ledger.find('legacy:transfer-4')).toMatchObject({
      moves: [{ from: 'alice', to: 'worker', amount: 100_000n }],
      metadata: { job: 'job-1', note: 'a note' },
    });
    expect(await deps.history.read({ unit: LEGACY_UNIT, account: 'carol' }, 9)).toHaveLength(2);
    expect(await followOnce(deps)).toMatchObject({ isNew: false });
  });

  it('waits for the end of a line that is being written', async () => {
    const stage = await open();
    beginning(stage.original);
    await followOnce(stage.deps);
    stage.original.tear();
    expect(await followOnce(stage.deps)).toMatchObject({ isNew: false });
  });

  it('stops at a broken line and at another file, by name, and keeps what is before', async () => {
    const stage = await open();
    beginning(stage.original);
    await followOnce(stage.deps);
    appendFileSync(join(stage.directory, 'ledger_events.jsonl'), '{"type":"credit"}\n');
    await expect(followOnce(stage.deps)).rejects.toMatchObject({ code: 'JOURNAL_BROKEN' });
    const other = await open();
    beginning(other.original);
    await followOnce(other.deps);
    const path = join(other.directory, 'mesh/registry/ledger.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('transfer-3', 'another'));
    await expect(followOnce(other.deps)).rejects.toMatchObject({ code: 'LEDGER_REPLACED' });
    await expectEqual(other);
  });

  it('refuses a state that it did not write', async () => {
    const { deps, directory, original } = await open();
    beginning(original);
    writeFileSync(join(directory, 'sheratan-follow.json'), '{"version":2}');
    await expect(followOnce(deps)).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });
});

class Killed extends Error {}

/** The same parts, of which one call ends the process: before it is made, or after it was carried out. */
const struck = (deps: CutOverDeps, at: number, after: boolean) => {
  let calls = 0;
  let isDead = false;
  const strike =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const isHere = calls === at;
      calls += 1;
      isDead ||= isHere;
      if (isDead && !(isHere && after)) throw new Killed();
      const answer = await call(...args);
      if (isHere) throw new Killed();
      return answer;
    };
  const { ledger, history, state, files } = deps;
  return {
    reached: () => calls > at,
    deps: {
      ...deps,
      state: { load: strike(state.load), save: strike(state.save) },
      files: { journal: strike(files.journal), ledger: strike(files.ledger) },
      history: { ...history, write: strike(history.write) },
      ledger: {
        ...ledger,
        openAccount: strike(ledger.openAccount),
        transfer: strike(ledger.transfer),
        disburse: strike(ledger.disburse),
      },
      standings: strike(deps.standings),
      append: strike(deps.append),
      replace: strike(deps.replace),
    } satisfies CutOverDeps,
  };
};

/** Runs the act once for each of its calls, killed there, and then once more as a fresh process. */
const killedAnywhere = async (
  prepare: () => Promise<Stage>,
  act: (deps: CutOverDeps) => Promise<unknown>,
  check: (stage: Stage) => Promise<void>,
): Promise<number> => {
  let points = 0;
  for (const after of [false, true])
    for (let at = 0; ; at += 1) {
      const stage = await prepare();
      const process = struck(stage.deps, at, after);
      const said = await act(process.deps).catch((error: unknown) => error);
      if (!process.reached()) break;
      expect(said).toBeInstanceOf(Killed);
      await act(stage.deps);
      await check(stage);
      points += 1;
    }
  return points;
};

describe('killed at any of its calls, and started again,', () => {
  it('the first import and what came meanwhile end equal', async () => {
    const prepare = async (): Promise<Stage> => {
      const stage = await open();
      beginning(stage.original);
      return stage;
    };
    const act = async (deps: CutOverDeps): Promise<void> => void (await followOnce(deps));
    const points = await killedAnywhere(prepare, act, async (stage) => {
      work(stage.original);
      await followOnce(stage.deps);
      await expectEqual(stage);
    });
    expect(points).toBeGreaterThan(10);
  });

  it('a batch is paid once, also when the original goes on', async () => {
    const prepare = async (): Promise<Stage> => {
      const stage = await open();
      beginning(stage.original);
      await followOnce(stage.deps);
      work(stage.original);
      return stage;
    };
    const points = await killedAnywhere(prepare, followOnce, async (stage) => {
      stage.original.charge('bob', 'worker', 1.5, 'job-9');
      await followOnce(stage.deps);
      await expectEqual(stage);
    });
    expect(points).toBeGreaterThan(20);
  });

  it('a cut-over switches once, and a take-back gives every balance back', async () => {
    const pay = (test: Stage['test']) =>
      test.ledger.transfer({
        id: 'mesh-1',
        unit: LEGACY_UNIT,
        from: 'bob',
        to: 'alice',
        amount: 5n,
      });
    const prepare = async (): Promise<Stage> => {
      const stage = await open();
      beginning(stage.original);
      await cutOver(stage.deps);
      await pay(stage.test);
      return stage;
    };
    const act = async (deps: CutOverDeps): Promise<void> => {
      // Who was killed after the last call has taken it back already.
      if ((await deps.state.load())?.phase === 'cut over') await takeBackLedger(deps);
    };
    const points = await killedAnywhere(prepare, act, async ({ directory, deps, test }) => {
      const paths = legacyPathsIn(directory);
      const [journal, ledger] = [paths.journal, paths.ledger].map((path) =>
        readFileSync(path, 'utf8'),
      );
      const legacy = readLegacyLedger(journal ?? '', ledger ?? '');
      expect(legacy.chain.ok).toBe(true);
      for (const account of ['alice', 'bob', 'worker'])
        expect(legacy.balances.get(account), account).toBe(
          (await test.ledger.balance({ unit: LEGACY_UNIT, account })).posted,
        );
      const adjusted = legacy.events.filter(({ type }) => type === 'adjust');
      expect(adjusted.map(({ account, amount }) => [account, amount]).sort()).toEqual([
        ['alice', '0.0005'],
        ['bob', '-0.0005'],
      ]);
      expect(await followOnce(deps)).toMatchObject({ isNew: false });
    });
    expect(points).toBeGreaterThan(10);
  });
});

describe('the cut-over', () => {
  it('is refused with the accounts when a balance differs, and nothing is switched', async () => {
    const stage = await open();
    const { original, deps, test } = stage;
    beginning(original);
    await followOnce(deps);
    await test.ledger.transfer({
      id: 'm',
      unit: LEGACY_UNIT,
      from: 'bob',
      to: OPENING,
      amount: 1n,
    });
    const refused = { code: 'BALANCES_DIFFER', message: expect.stringContaining('bob: original') };
    await expect(cutOver(deps)).rejects.toMatchObject(refused);
    expect(await deps.state.load()).toMatchObject({ phase: 'following' });
  });

  it('ends the following, and cannot be taken back over a ledger that went on', async () => {
    const stage = await open();
    beginning(stage.original);
    work(stage.original);
    expect(await cutOver(stage.deps)).toMatchObject({ phase: 'cut over' });
    await expect(followOnce(stage.deps)).rejects.toMatchObject({ code: 'WRONG_PHASE' });
    stage.original.charge('bob', 'worker', 1, 'job-8');
    await expect(takeBackLedger(stage.deps)).rejects.toMatchObject({ code: 'LEDGER_REPLACED' });
  });

  it('waits for the holds before it is taken back', async () => {
    const { original, deps, test } = await open();
    beginning(original);
    await cutOver(deps);
    const expiresAt = test.now() + 60_000;
    await test.ledger.hold({ id: 'h', unit: LEGACY_UNIT, from: 'bob', amount: 1n, expiresAt });
    await expect(takeBackLedger(deps)).rejects.toMatchObject({ code: 'HOLDS_OPEN' });
    await test.ledger.release('h');
    expect(await takeBackLedger(deps)).toMatchObject({ phase: 'following' });
  });
});
