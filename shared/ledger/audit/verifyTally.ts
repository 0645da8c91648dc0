/**
 * Compares the items of the table with the lanes that were walked after them. Items up to the marks
 * must all be there; later ones must be in the journal.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { entriesOf } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import type { LedgerReader, StoredRecord } from '../ports.ts';
import { snapshotsIn } from '../read/projectEntries.ts';
import { balanceName, itemName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkAccount } from './verifyAccounts.ts';
import { bad } from './verifyBlock.ts';
import { STRAY, type Tally } from './verifyItems.ts';
import type { Lane } from './verifyJournal.ts';

const checkCounts = (lane: Lane, tally: Tally): Problem | undefined => {
  const { from, entryCounts } = lane;
  for (const [name, expected] of entryCounts) {
    const [entries, snapshots] = [tally.entries.get(name) ?? 0, tally.snapshots.get(name) ?? 0];
    if (entries !== expected)
      return bad(
        `entries of ${name}`,
        `there are ${entries}, the journal gives ${expected}`,
        entries - expected,
      );
    if (snapshots !== snapshotsIn(expected))
      return bad(
        `snapshots of ${name}`,
        `there are ${snapshots} for ${expected} entries`,
        snapshots - snapshotsIn(expected),
      );
  }
  const { lane: number, seq } = from.cursor;
  const stored = [...(tally.lanes[number]?.checkpoints.keys() ?? [])].filter((at) => at <= seq);
  const due = Math.floor(seq / LIMITS.ledgerCheckpointBlocks);
  return stored.length === due
    ? undefined
    : bad(`checkpoints of lane ${number}`, `there are ${stored.length} instead of ${due}`);
};

/** Names what was written out and follows from no block. */
const findUnfounded = (lanes: readonly Lane[], tally: Tally): Problem | undefined => {
  for (const [what, counts] of [
    ['entries', tally.entries],
    ['snapshots', tally.snapshots],
  ] as const)
    for (const [name, found] of counts)
      if (!lanes.some(({ entryCounts }) => entryCounts.has(name)))
        return bad(`${what} of ${name}`, `there are ${found}, the journal gives none`);
  for (const { lane, block, name } of tally.latest.values())
    if (block > (lanes[lane]?.to.seq ?? 0))
      return bad(name, `is of block ${block} of lane ${lane}, which the journal does not have`);
  return undefined;
};

const isJournaled = async (
  record: StoredRecord,
  { block: read }: Pick<LedgerReader, 'block'>,
): Promise<boolean> => {
  if (!('place' in record)) return true;
  const { lane, seq, index } = record.place;
  const block = await read(lane, seq);
  return block !== undefined && entriesOf(block)[index]?.transfer.id === record.id;
};

/** Names a record that no block has. Reads much: called only when there are too many records. */
const findStray = async (reader: LedgerReader): Promise<Problem> => {
  for await (const items of reader.items())
    for (const item of items)
      if (item.kind === 'record' && !(await isJournaled(item.record, reader)))
        return bad(itemName(item), STRAY);
  return bad('transfers', 'have more records than the journal');
};

/** Names a position of the journal when the table has no item of its account. */
const findLost = (lanes: readonly Lane[], { accounts }: Tally): Problem | undefined => {
  for (const { replay, known } of lanes)
    for (const { key, lane } of replay.book.positions())
      if (known.has(placeOf(key, lane)) && !accounts.has(nameOf(key)))
        return bad(balanceName({ key, lane }), 'is missing, and its account');
  return undefined;
};

/** Compares the items with the lanes that were walked after the scan. */
export const checkTally = async (
  lanes: readonly Lane[],
  tally: Tally,
  reader: LedgerReader,
): Promise<Problem | undefined> => {
  for (const seen of tally.accounts.values()) {
    const problem = checkAccount(seen, lanes);
    if (problem) return problem;
  }
  for (const lane of lanes) {
    const problem = checkCounts(lane, tally);
    if (problem) return problem;
  }
  const problem = findUnfounded(lanes, tally) ?? findLost(lanes, tally);
  if (problem) return problem;
  const [stray] = tally.lanes.flatMap(({ later }) => [...later.values()]);
  if (stray !== undefined) return bad(`transfer ${stray}`, STRAY);
  const before = lanes.reduce((sum, { transfersBefore }) => sum + transfersBefore, 0);
  return tally.records > before ? findStray(reader) : undefined;
};
