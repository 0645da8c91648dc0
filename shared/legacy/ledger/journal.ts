/** The original system's journal: one event on each line, chained by hashes. */
import { type Exact, type ExactObject, hashExact, Lexeme, parseExact } from './exact.ts';

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

const GENESIS = 'GENESIS';

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

/** The events before the first wrong line, and the verdict, which names this line. */
export const readJournal = (
  text: string,
): { readonly events: readonly LegacyEvent[]; readonly chain: ChainVerdict } => {
  const events: LegacyEvent[] = [];
  let previous = GENESIS;
  const end = (status: string): { events: LegacyEvent[]; chain: ChainVerdict } => ({
    events,
    chain: {
      ok: status === 'ok',
      status,
      events: events.length,
      last_hash: previous,
      ...(status !== 'ok' && { at_line: events.length + 1 }),
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
    events.push(eventOf(fields, raw, events.length + 1));
    previous = String(fields['hash']);
  }
  return end('ok');
};
