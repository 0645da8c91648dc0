import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { marginOf, ppmOf } from '#shared/billing/margin.ts';
import { splitOf } from '#shared/billing/settleCharge.ts';
import { legacySnapshotOf, replayJournal, reportOf } from '#shared/legacy/ledger/divergence.ts';
import {
  canonicalExact,
  type ExactObject,
  hashExact,
  parseExact,
  scaled,
} from '#shared/legacy/ledger/exact.ts';
import { readJournal } from '#shared/legacy/ledger/journal.ts';

const DIR = 'tests/fixtures/legacy/ledger';
const read = (name: string): string => readFileSync(`${DIR}/${name}`, 'utf8');
const unzipped = (name: string): string => gunzipSync(readFileSync(`${DIR}/${name}`)).toString();
const text = unzipped('ledger_events.jsonl.gz');
const snapshot = legacySnapshotOf(parseExact(unzipped('ledger.json.gz')) as ExactObject);
const vectors = JSON.parse(read('vectors.json'));

describe("the original's journal", () => {
  const { events, chain } = readJournal(text);

  it('is whole, on the lexemes that it was hashed on', () => {
    expect(chain).toEqual(JSON.parse(read('verify_chain.json')));
  });

  it.each([
    [
      'an amount',
      (lines: string[]) =>
        lines.map((l, i) => (i === 99 ? l.replace(/"amount":"/, '"amount":"1') : l)),
      'hash_mismatch',
      100,
    ],
    [
      'a missing line',
      (lines: string[]) => lines.filter((_, i) => i !== 99),
      'prev_hash_mismatch',
      100,
    ],
    [
      'a torn line',
      (lines: string[]) => lines.map((l, i) => (i === 99 ? l.slice(0, 50) : l)),
      'json_decode_error',
      100,
    ],
    [
      'a respelled number',
      (lines: string[]) => lines.map((l) => JSON.stringify(JSON.parse(l))),
      'hash_mismatch',
      undefined,
    ],
  ])('shows %s', (_what, change, status, line) => {
    const { chain: broken } = readJournal(change(text.trimEnd().split('\n')).join('\n'));
    expect(broken).toMatchObject({ ok: false, status, ...(line && { at_line: line }) });
  });

  it('replays to what the original replayed', () => {
    const expected = JSON.parse(read('divergence.json')) as Record<
      string,
      { ledger_json: number; journal_replay: number | null }
    >;
    const report = reportOf(events, snapshot);
    const found = Object.fromEntries(
      report.divergences.map(({ account, balance, journal }) => [account, [balance, journal]]),
    );
    // The original told them in credits; whoever is told of a difference reads one unit all along.
    const units = (credits: number | null) =>
      credits === null ? null : String(scaled(String(credits), 4));
    const inUnits = Object.entries(expected).map(([account, { ledger_json, journal_replay }]) => [
      account,
      [units(ledger_json), units(journal_replay)],
    ]);
    expect(found).toEqual(Object.fromEntries(inUnits));
    expect(Object.keys(found)).toHaveLength(20);
    expect(report.doubleCharged).toEqual(JSON.parse(read('double_charged_job_ids.json')));
    expect(report).toMatchObject({
      orphanCharges: 7,
      dustSettlements: 7,
      beyondDouble: ['system'],
    });
    expect(replayJournal(events).get('mallory')).toBe(-350);
  });

  it('has every difference explained: what remains is less than a unit of drift, or the mint', () => {
    for (const { account, causes } of reportOf(events, snapshot).divergences) {
      expect(Object.keys(causes), account).not.toEqual([]);
      if (account !== 'system') expect(causes).not.toHaveProperty('mint_not_journaled');
      expect(BigInt(causes.float_drift ?? 0), account).toBe(0n);
    }
  });
});

describe('numbers of the original', () => {
  it.each([
    ['6826.974600000038', 68_269_746n],
    ['9.9999999999989e+17', 9_999_999_999_998_900_000_000n],
    ['0.00005', 1n],
    ['-350.0', -3_500_000n],
    ['900', 9_000_000n],
    ['1e-07', 0n],
  ])('%s is %s ten-thousandths', (lexeme, units) => {
    expect(scaled(lexeme, 4)).toBe(units);
  });

  it.each(
    vectors.canonical_hash as { python_json: string; canonical: string; payload_hash: string }[],
  )('canonical $canonical', ({ python_json, canonical, payload_hash }) => {
    expect(canonicalExact(parseExact(python_json))).toBe(canonical);
    expect(hashExact(parseExact(python_json))).toBe(payload_hash);
  });
});

describe('margins', () => {
  it.each(vectors.margin as { success_ema: number; latency_ema: number; margin: number }[])(
    'of $success_ema and $latency_ema ms is $margin',
    ({ success_ema, latency_ema, margin }) => {
      expect(marginOf(success_ema, latency_ema)).toBeCloseTo(margin, 12);
    },
  );

  const settled = (
    vectors.settlement_split as {
      total: string;
      margin: number | null;
      outcome: unknown;
      journal_amounts: string[];
    }[]
  ).filter(({ journal_amounts }) => journal_amounts.length === 2);
  it.each(settled)(
    'split $total at $margin',
    ({ total, margin, journal_amounts: [all = '', share = ''] }) => {
      const amount = scaled(all, 4);
      expect(scaled(total, 4)).toBe(amount);
      const parts = splitOf(amount, ppmOf(margin ?? 0.1));
      expect(parts.share).toBe(scaled(share, 4));
      expect(parts.share + parts.margin).toBe(amount);
    },
  );
});

it.each(['null', '5', '"text"', '[]', 'true'])(
  'a line that is %s ends the journal, by name',
  (line) => {
    const { events, chain } = readJournal(`${line}\n`);
    expect(events).toEqual([]);
    expect(chain).toMatchObject({ ok: false, status: 'missing_hash_fields', at_line: 1 });
  },
);
