/** Jobs table items: a job is one item, `pk = JOB#<id>`, `sk = JOB`. */
import { assert } from '#shared/kernel/assert.ts';
import type { JobRecord } from '../record.ts';

export const jobKey = (id: string): { pk: string; sk: string } => ({ pk: `JOB#${id}`, sk: 'JOB' });

type Item = Readonly<Record<string, unknown>>;

export const itemOf = ({ id, ...fields }: JobRecord): Record<string, unknown> => ({
  ...jobKey(id),
  ...fields,
});

/** The adapter is the only writer of these items, so their shape is what {@link itemOf} wrote. */
export const recordOf = (item: Item): JobRecord => {
  const { pk, sk: _sk, ...fields } = item;
  assert(typeof pk === 'string' && pk.startsWith('JOB#'), 'the item is a job');
  return { ...fields, id: pk.slice('JOB#'.length) } as unknown as JobRecord;
};
