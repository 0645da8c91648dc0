/** Exports of a ledger, line by line. */
import { exportLedger, readExport } from '#shared/ledger/audit/export.ts';
import type { CopySource } from '#shared/ledger/audit/replica.ts';

export const linesOf = async (source: CopySource, lanes: number): Promise<readonly string[]> => {
  const pages: string[] = [];
  for await (const page of exportLedger(source, lanes)) pages.push(page);
  return pages.join('').trimEnd().split('\n');
};

export const exportedFrom = async (lines: readonly string[]): Promise<CopySource> =>
  (
    await readExport(() =>
      (async function* () {
        yield* lines;
      })(),
    )
  ).source;
