/** The journal of a lane: blocks of complete transfers that never change, chained by hash. */
import { sha256 } from '#shared/kernel/json.ts';
import type { Executed } from './execute.ts';
import type { Draw, Leg, Metadata, Transfer } from './types.ts';

/** The end of the journal of a lane. */
export interface Head {
  readonly lane: number;
  /** How many blocks the lane has. */
  readonly seq: number;
  readonly hash: string;
  /** The time of the last block, ms since the epoch. */
  readonly at: number;
}

/** One block: `seq`, `hash` and `at` are those of the block. */
export interface Block extends Head {
  /** The hash of the block before. */
  readonly previous: string;
  /** The entries as JSON, byte for byte as they were hashed. */
  readonly text: string;
}

/** One transfer of a block with its effects. */
export interface BlockEntry {
  readonly transfer: Transfer;
  readonly legs: readonly Leg[];
  readonly draw?: Draw;
}

/** The head of a lane without blocks. */
export const genesis = (lane: number): Head => ({ lane, seq: 0, hash: 'GENESIS', at: 0 });

interface WireEntry {
  readonly i: string;
  readonly u: string;
  readonly m: readonly (readonly [from: string, to: string, amount: string])[];
  readonly l: readonly (readonly [
    account: string,
    change: string,
    seq: number,
    balance: string,
    guarded: 0 | 1,
  ])[];
  readonly h?: readonly [id: string, drawn: string, returned: string, closes: 0 | 1];
  readonly f?: 0 | 1;
  readonly r?: string;
  readonly n?: number;
  readonly d?: Metadata;
}

const wireOf = ({ transfer, legs, draw }: BlockEntry): WireEntry => ({
  i: transfer.id,
  u: transfer.unit,
  m: transfer.moves.map(({ from, to, amount }) => [from, to, String(amount)]),
  l: legs.map(({ account, change, seq, balance, guarded }) => [
    account,
    String(change),
    seq,
    String(balance),
    guarded ? 1 : 0,
  ]),
  ...(draw && {
    h: [draw.id, String(draw.drawn), String(draw.returned), draw.closes ? 1 : 0] as const,
  }),
  ...(transfer.hold && { f: transfer.hold.final ? (1 as const) : (0 as const) }),
  ...(transfer.reverses !== undefined && { r: transfer.reverses }),
  ...(transfer.lane !== undefined && { n: transfer.lane }),
  ...(transfer.metadata && { d: transfer.metadata }),
});

const entryOf = ({ i, u, m, l, h, f, r, n, d }: WireEntry): BlockEntry => ({
  transfer: {
    id: i,
    unit: u,
    moves: m.map(([from, to, amount]) => ({ from, to, amount: BigInt(amount) })),
    ...(h && { hold: { id: h[0], final: f === 1 } }),
    ...(r !== undefined && { reverses: r }),
    ...(n !== undefined && { lane: n }),
    ...(d && { metadata: d }),
  },
  legs: l.map(([account, change, seq, balance, guarded]) => ({
    account,
    change: BigInt(change),
    seq,
    balance: BigInt(balance),
    guarded: guarded === 1,
  })),
  ...(h && {
    draw: { id: h[0], drawn: BigInt(h[1]), returned: BigInt(h[2]), closes: h[3] === 1 },
  }),
});

/** Reads the entries of a block. @throws SyntaxError when the text is not JSON */
export const entriesOf = ({ text }: Pick<Block, 'text'>): readonly BlockEntry[] =>
  (JSON.parse(text) as readonly WireEntry[]).map(entryOf);

/** The hash that a block with this content must have, in hex digits. */
export const hashOf = ({ lane, seq, at, previous, text }: Omit<Block, 'hash'>): string =>
  sha256(`${previous}\n${lane}\n${seq}\n${at}\n${text}`);

/**
 * Makes the block after `head`. The time of a lane never goes back: the block is never older than
 * `head`. @param now ms since the epoch
 */
export const seal = (head: Head, done: readonly Executed[], now: number): Block => {
  const { lane } = head;
  const text = JSON.stringify(done.map(wireOf));
  const block = { lane, seq: head.seq + 1, at: Math.max(now, head.at), previous: head.hash, text };
  return { ...block, hash: hashOf(block) };
};
