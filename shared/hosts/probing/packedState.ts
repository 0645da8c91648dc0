/**
 * Packs a shard's state into one attribute: a byte for the format, then 36 bytes per host. One
 * write of a thousand hosts costs 36 units instead of a thousand. Format 2 is the same, column by
 * column and deflated: about 9 units. Format 1 is written until the upgrade is finished, because the
 * release before reads no other.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HOST_COLUMNS_SCHEMA } from '#shared/contracts/schemas.ts';
import { HOST_STATES, type Live } from './hostState.ts';
import type { InconclusiveReason } from './probeOutcome.ts';

/** Thrown for a state that another version of this code wrote. */
export class PackedFormatError extends Error {
  override readonly name = 'PackedFormatError';
  readonly code = 'PACKED_FORMAT_UNKNOWN';
}

const FORMAT = { rows: 1, columns: 2 } as const;
const RECORD_BYTES = 36;
const FLAPPING = 0b1000;
const STATE = 0b0111;
/** The announced state's index plus one; 0 when it equals the state. */
const ANNOUNCED_SHIFT = 4;

/** The order is part of the format: new reasons go to the end. */
const REASONS: readonly Live['reason'][] = [
  ...(['none', 'slow', 'stuck_busy', 'refused', 'timeout', 'reset', 'dns', 'unreachable'] as const),
  ...(['tls', 'certificate_expired', 'status', 'body', 'protocol', 'call'] as const),
];

/**
 * Stored as index plus one; 0 when the latest probe was conclusive. The order is part of the
 * format, too.
 */
const INCONCLUSIVE_REASONS: readonly InconclusiveReason[] = [
  ...(['descriptors', 'dns_down', 'event_loop', 'clock_jump', 'forbidden_address'] as const),
  ...(['skipped', 'mass_failure'] as const),
];

const I16_MAX = 32_767;
/**
 * Parts of a ms. With whole ms a smoothed latency could stay up to 7 ms beside the truth for ever.
 */
const SRTT_PARTS = 256;
const RTTVAR_PARTS = 4;
/** 0 only means that nothing was measured. */
const inParts = (ms: number, parts: number, max: number): number =>
  ms === 0 ? 0 : Math.min(max, Math.max(1, Math.round(ms * parts)));

/**
 * Bits: the changes of the last 20 probes, above them the slow ones of the last five, above them
 * the reason of the latest inconclusive probe.
 */
const CHANGES = 0xf_ffff;
const SLOW_SHIFT = 20;
const SLOW = 0b1_1111;
const INCONCLUSIVE_SHIFT = 25;

const recentBits = ({ slow, changes, inconclusiveReason }: Live): number => {
  const reason = inconclusiveReason ? INCONCLUSIVE_REASONS.indexOf(inconclusiveReason) + 1 : 0;
  return (reason << INCONCLUSIVE_SHIFT) | (slow << SLOW_SHIFT) | changes;
};

const write = (view: DataView, at: number, live: Live): void => {
  view.setUint32(at, live.number);
  const announced = live.announced === undefined ? 0 : HOST_STATES.indexOf(live.announced) + 1;
  const state = HOST_STATES.indexOf(live.state) | (announced << ANNOUNCED_SHIFT);
  view.setUint8(at + 4, state | (live.flapping ? FLAPPING : 0));
  view.setUint8(at + 5, live.fails);
  view.setUint8(at + 6, live.passes);
  const srtt = inParts(live.srttMs, SRTT_PARTS, 0xff_ffff);
  view.setUint8(at + 7, srtt >>> 16);
  view.setUint32(at + 8, recentBits(live));
  view.setUint8(at + 12, live.inconclusive);
  view.setUint8(at + 13, REASONS.indexOf(live.reason));
  view.setUint16(at + 14, srtt & 0xffff);
  view.setUint16(at + 16, inParts(live.rttvarMs, RTTVAR_PARTS, 0xffff));
  view.setUint32(at + 18, live.since);
  view.setUint32(at + 22, live.failedSince);
  view.setUint32(at + 26, live.seq);
  view.setInt16(at + 30, Math.min(I16_MAX, Math.max(-I16_MAX - 1, live.certDays)));
  view.setUint16(at + 32, live.hourProbes);
  view.setUint16(at + 34, live.hourPasses);
};

const read = (view: DataView, at: number): Live => {
  const flags = view.getUint8(at + 4);
  const state = HOST_STATES[flags & STATE];
  const announced = HOST_STATES[((flags >>> ANNOUNCED_SHIFT) & STATE) - 1];
  const reason = REASONS[view.getUint8(at + 13)];
  const recent = view.getUint32(at + 8);
  const inconclusiveReason = INCONCLUSIVE_REASONS[(recent >>> INCONCLUSIVE_SHIFT) - 1];
  if (state === undefined || reason === undefined)
    throw new PackedFormatError(`byte ${at}: a state or a reason that this version does not know`);
  return {
    number: view.getUint32(at),
    state,
    ...(announced !== undefined && { announced }),
    flapping: (flags & FLAPPING) !== 0,
    fails: view.getUint8(at + 5),
    passes: view.getUint8(at + 6),
    slow: (recent >>> SLOW_SHIFT) & SLOW,
    changes: recent & CHANGES,
    inconclusive: view.getUint8(at + 12),
    ...(inconclusiveReason !== undefined && { inconclusiveReason }),
    reason,
    srttMs: (view.getUint8(at + 7) * 0x1_0000 + view.getUint16(at + 14)) / SRTT_PARTS,
    rttvarMs: view.getUint16(at + 16) / RTTVAR_PARTS,
    since: view.getUint32(at + 18),
    failedSince: view.getUint32(at + 22),
    seq: view.getUint32(at + 26),
    certDays: view.getInt16(at + 30),
    hourProbes: view.getUint16(at + 32),
    hourPasses: view.getUint16(at + 34),
  };
};

/** Byte n of all hosts, then byte n + 1: what is alike comes together. `back` makes rows of columns. */
const turned = (bytes: Uint8Array, back: boolean): Uint8Array => {
  const hosts = bytes.length / RECORD_BYTES;
  const out = new Uint8Array(bytes.length);
  for (let host = 0; host < hosts; host += 1)
    for (let byte = 0; byte < RECORD_BYTES; byte += 1) {
      const [row, column] = [host * RECORD_BYTES + byte, byte * hosts + host];
      if (back) out[row] = bytes[column] ?? 0;
      else out[column] = bytes[row] ?? 0;
    }
  return out;
};

/** Far more than a shard can have: bytes that would grow beyond it are no state. */
const ROWS_BYTES_MAX = 1_048_576;

/** A packed state in format 2. */
export const columnsOf = (rows: Uint8Array): Uint8Array => {
  const packed = deflateRawSync(turned(rows.subarray(1), false), { level: 1 });
  return Uint8Array.from([FORMAT.columns, ...packed]);
};

const rowsOf = (bytes: Uint8Array): Uint8Array => {
  if (bytes[0] !== FORMAT.columns) return bytes;
  try {
    const columns = inflateRawSync(bytes.subarray(1), { maxOutputLength: ROWS_BYTES_MAX });
    if (columns.length % RECORD_BYTES !== 0) return bytes;
    return Uint8Array.from([FORMAT.rows, ...turned(columns, true)]);
  } catch {
    return bytes;
  }
};

/** Packs hosts in the order of their numbers, so that equal states are equal bytes. */
export const pack = (live: ReadonlyMap<number, Live>): Uint8Array => {
  const hosts = [...live.values()].sort((a, b) => a.number - b.number);
  const bytes = new Uint8Array(1 + hosts.length * RECORD_BYTES);
  bytes[0] = FORMAT.rows;
  const view = new DataView(bytes.buffer);
  hosts.forEach((host, index) => {
    write(view, 1 + index * RECORD_BYTES, host);
  });
  return bytes;
};

/** Packs hosts as this schema of the hosts' table has them. */
export const packIn = (schema: number, live: ReadonlyMap<number, Live>): Uint8Array =>
  schema < HOST_COLUMNS_SCHEMA ? pack(live) : columnsOf(pack(live));

/**
 * Unpacks a state.
 *
 * @throws PackedFormatError `PACKED_FORMAT_UNKNOWN` for the format of another version, and for cut
 *   bytes
 */
export const unpack = (stored: Uint8Array): ReadonlyMap<number, Live> => {
  const bytes = rowsOf(stored);
  if (bytes[0] !== FORMAT.rows || (bytes.length - 1) % RECORD_BYTES !== 0)
    throw new PackedFormatError(
      `format ${bytes[0]}, ${bytes.length} bytes: this version reads formats 1 and 2`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const live = new Map<number, Live>();
  for (let at = 1; at < bytes.length; at += RECORD_BYTES) {
    const host = read(view, at);
    live.set(host.number, host);
  }
  return live;
};
