/** Records in the Ledger table: transfers and holds, which share one space of ids. */
import type { Hold, HoldState, Move, Transfer } from '../core/types.ts';
import type { JournalPlace, StoredRecord } from '../ports.ts';
import {
  asAmount,
  asCount,
  asText,
  fingerprintOf,
  type Item,
  laneName,
  metadataItem,
  metadataOf,
  recordKey,
} from './ledgerItems.ts';

/** Reads moves. Moves that cannot be read are none: no transfer equals such a record. */
const movesOf = (m: unknown): readonly Move[] => {
  try {
    return (JSON.parse(asText(m)) as readonly [string, string, string][]).map(
      ([from, to, amount]) => ({ from, to, amount: BigInt(amount) }),
    );
  } catch {
    return [];
  }
};

/** The item of a transfer, with its place in the journal. */
export const transferItem = (transfer: Transfer, { lane, seq, index }: JournalPlace): Item => ({
  ...recordKey(transfer.id),
  ty: 'transfer',
  st: 'posted',
  u: transfer.unit,
  m: JSON.stringify(transfer.moves.map(({ from, to, amount }) => [from, to, String(amount)])),
  ...(transfer.hold && { o: transfer.hold.id, f: transfer.hold.final ? 1 : 0 }),
  ...(transfer.reverses !== undefined && { r: transfer.reverses }),
  ...(transfer.lane !== undefined && { n: transfer.lane }),
  ...metadataItem(transfer),
  b: `${laneName(lane)}/${seq}/${index}`,
});
const transferOf = (item: Item): Transfer => ({
  id: asText(item['pk']).slice(2),
  unit: asText(item['u']),
  moves: movesOf(item['m']),
  ...(item['o'] !== undefined && { hold: { id: asText(item['o']), final: item['f'] === 1n } }),
  ...(item['r'] !== undefined && { reverses: asText(item['r']) }),
  ...(item['n'] !== undefined && { lane: asCount(item['n']) }),
  ...metadataOf(item),
});
const placeOf = ({ b }: Item): JournalPlace => {
  const [lane = 0, seq = 0, index = 0] = asText(b).split('/').map(Number);
  return { lane, seq, index };
};

/**
 * The fingerprint of a hold. It covers `released` and `expired`, because the journal does not tell
 * them. It does not cover `posted`, which the journal tells.
 */
export const holdFingerprint = (hold: Hold): string => {
  const { id, unit, from, amount, expiresAt, lane, parent, state } = hold;
  const ended = state === 'released' || state === 'expired' ? state : undefined;
  const fields = { id, unit, from, amount, expiresAt, lane, parent, ended };
  return fingerprintOf({ ...fields, ...metadataItem(hold) });
};

/** The item of a hold. Only a pending hold is in the index of holds. */
export const holdItem = (hold: Hold): Item => ({
  ...recordKey(hold.id),
  ty: 'hold',
  st: hold.state,
  u: hold.unit,
  from: hold.from,
  a: hold.amount,
  l: hold.left,
  x: hold.expiresAt,
  n: hold.lane,
  o: hold.parent,
  ...(hold.state === 'pending' && { gx: laneName(hold.lane) }),
  ...metadataItem(hold),
  h: holdFingerprint(hold),
});

/** Reads a hold. */
export const holdOf = (item: Item): Hold => ({
  id: asText(item['pk']).slice(2),
  unit: asText(item['u']),
  from: asText(item['from']),
  amount: asAmount(item['a']),
  left: asAmount(item['l']),
  expiresAt: asCount(item['x']),
  lane: asCount(item['n']),
  state: asText(item['st']) as HoldState,
  ...(item['o'] !== undefined && { parent: asText(item['o']) }),
  ...metadataOf(item),
});

/** Reads a record: a transfer or a hold. */
export const ledgerRecordOf = (item: Item): { transfer: Transfer } | { hold: Hold } =>
  item['ty'] === 'hold' ? { hold: holdOf(item) } : { transfer: transferOf(item) };

/** Reads a record with its id; a transfer also with its place. */
export const storedRecordOf = (item: Item): StoredRecord => {
  const id = asText(item['pk']).slice(2);
  const record = ledgerRecordOf(item);
  return 'hold' in record ? { id, ...record } : { id, ...record, place: placeOf(item) };
};

/** The partition of the index of pending holds for a lane. */
export const expiryShard = (lane: number): string => laneName(lane);
