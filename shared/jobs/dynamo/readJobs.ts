/** Reads of many jobs at once. */
import { readAll } from '#shared/aws/itemBatches.ts';
import type { JobRecord } from '../record/record.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobRecordOf } from './recordItems.ts';

/** How many requests are under way at once. */
export const WIDTH = 4;

type Arguments = Parameters<typeof readAll>;

/** The jobs that exist under the keys, in no order. */
export const readJobs = async (
  options: StoreOptions,
  keys: Arguments[1],
  asked?: Pick<NonNullable<Arguments[2]>, 'projection'>,
): Promise<JobRecord[]> =>
  (await readAll(options, keys, { width: WIDTH, ...asked })).map(jobRecordOf);
