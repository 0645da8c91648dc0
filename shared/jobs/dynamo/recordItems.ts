/** Jobs table items: a job is one item, `pk = JOB#<id>`, `sk = JOB`. */
import { assert } from '#shared/kernel/assert.ts';
import type { JobRecord, Repeat } from '../record/record.ts';

/** The key of a job's row. */
export const jobKey = (id: string): { pk: string; sk: string } => ({ pk: `JOB#${id}`, sk: 'JOB' });

/**
 * A note about another message under a job's id, as text; the same note is always the same text.
 */
export const repeatText = ({ at, messageId, code, options = [] }: Repeat): string =>
  JSON.stringify([at, messageId, code, ...options]);

const repeatOf = (text: string): Repeat => {
  const [at, messageId, code, ...options] = JSON.parse(text) as [
    number,
    string,
    Repeat['code'],
    ...string[],
  ];
  return { at, messageId, code, ...(options.length > 0 && { options }) };
};

const repeatsOf = (texts: Iterable<string>): readonly Repeat[] =>
  [...texts].map(repeatOf).sort((a, b) => a.at - b.at);

type Item = Readonly<Record<string, unknown>>;

/** The item of a row. */
export const itemOf = ({ id, ...fields }: JobRecord): Record<string, unknown> => ({
  ...jobKey(id),
  ...fields,
});

/**
 * The row of an item. Unchecked beyond its key, because only this adapter writes these items.
 * @throws AssertionError for an item that is no job's
 */
export const jobRecordOf = (item: Item): JobRecord => {
  const { pk, sk: _sk, repeats, ...fields } = item;
  assert(typeof pk === 'string' && pk.startsWith('JOB#'), 'the item is a job');
  return {
    ...fields,
    ...(repeats !== undefined && { repeats: repeatsOf(repeats as Set<string>) }),
    id: pk.slice('JOB#'.length),
  } as unknown as JobRecord;
};
