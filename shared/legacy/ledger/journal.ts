/** The original system's journal: one event on each line, chained by hashes. */
import {
  canonicalExact,
  type Exact,
  type ExactObject,
  hashExact,
  Lexeme,
  parseExact,
} from './exact.ts';

/** One event of the journal. */
export interface LegacyEvent {
  /** The first line is 1. */
  readonly line: number;
  readonly type: string;
  readonly account: string;
  readonly to: string | undefined;
  /** Credits, with the digits as the line spells them. */
  readonly amount: string;
  readonly jobId: string | undefined;
  readonly reason: string | undefined;
  readonly at: string;
  /** The line, byte for byte. */
  readonly raw: string;
}

/** Whether the chain of hashes is whole; `at_line` is the first line that is wrong. */
export interface ChainVerdict {
  readonly ok: boolean;
  readonly status: string;
  readonly events: number;
  readonly last_hash: string;
  readonly at_line?: number;
}

/** Where a reader of the journal stands. */
export interface JournalPosition {
  /** How many lines were read. */
  readonly lines: number;
  /** The hash of the last of them. */
  readonly lastHash: string;
}

/** Before the first line. */
export const JOURNAL_START: JournalPosition = { lines: 0, lastHash: 'GENESIS' };

const textOf = (value: unknown): string | undefined =>
  value instanceof Lexeme ? value.text : typeof value === 'string' ? value : undefined;

const eventOf = (fields: ExactObject, raw: string, line: number): LegacyEvent => ({
  line,
  raw,
  type: textOf(fields['type']) ?? '',
  account: textOf(fields['account']) ?? '',
  to: textOf(fields['to_account']),
  amount: textOf(fields['amount']) ?? '0',
  jobId: textOf(fields['job_id']),
  reason: textOf(fields['reason']),
  at: textOf(fields['ts']) ?? '',
});

const isFields = (value: Exact): value is ExactObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Lexeme);

const faultOf = (fields: ExactObject, previous: string): string | undefined => {
  const { hash, prev_hash: named, ...rest } = fields;
  if (typeof hash !== 'string' || typeof named !== 'string') return 'missing_hash_fields';
  if (named !== previous) return 'prev_hash_mismatch';
  return hashExact(rest, previous) === hash ? undefined : 'hash_mismatch';
};

/**
 * The line of an event, chained to the line before, as the original writes its lines.
 *
 * @returns the line without its end, and its hash
 */
export const journalLine = (
  event: ExactObject,
  previous: string,
): { readonly line: string; readonly hash: string } => {
  const hash = hashExact(event, previous);
  const all = { ...event, prev_hash: previous, hash };
  const fields = Object.entries(all).map(
    ([key, value]) => `${JSON.stringify(key)}:${canonicalExact(value)}`,
  );
  return { line: `{${fields.join(',')}}`, hash };
};

/**
 * The events before the first wrong line, and the verdict, which names this line and counts all
 * events from the start of the journal.
 *
 * @param from where the text begins
 */
export const readJournal = (
  text: string,
  from: JournalPosition = JOURNAL_START,
): { readonly events: readonly LegacyEvent[]; readonly chain: ChainVerdict } => {
  const events: LegacyEvent[] = [];
  let previous = from.lastHash;
  const read = (): number => from.lines + events.length;
  const end = (status: string): { events: LegacyEvent[]; chain: ChainVerdict } => ({
    events,
    chain: {
      ok: status === 'ok',
      status,
      events: read(),
      last_hash: previous,
      ...(status !== 'ok' && { at_line: read() + 1 }),
    },
  });
  for (const raw of text.split('\n').filter((line) => line !== '')) {
    let parsed: Exact;
    try {
      parsed = parseExact(raw);
    } catch {
      return end('json_decode_error');
    }
    if (!isFields(parsed)) return end('missing_hash_fields');
    const fields = parsed;
    const fault = faultOf(fields, previous);
    if (fault) return end(fault);
    events.push(eventOf(fields, raw, read() + 1));
    previous = String(fields['hash']);
  }
  return end('ok');
};
