/** Jobs table items: a job is one item, `pk = JOB#<id>`, `sk = JOB`. */
import { assert } from '#shared/kernel/assert.ts';
import type { JobRecord, Repeat } from '../record/record.ts';

export const jobKey = (id: string): { pk: string; sk: string } => ({ pk: `JOB#${id}`, sk: 'JOB' });

/** How another message under a job's id is kept: the same one always as the same text. */
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

export const itemOf = ({ id, ...fields }: JobRecord): Record<string, unknown> => ({
  ...jobKey(id),
  ...fields,
});

/** The adapter is the only writer of these items, so their shape is what {@link itemOf} wrote. */
export const recordOf = (item: Item): JobRecord => {
  const { pk, sk: _sk, repeats, ...fields } = item;
  assert(typeof pk === 'string' && pk.startsWith('JOB#'), 'the item is a job');
  return {
    ...fields,
    ...(repeats !== undefined && { repeats: repeatsOf(repeats as Set<string>) }),
    id: pk.slice('JOB#'.length),
  } as unknown as JobRecord;
};
