/**
 * `import ledger`: the original system's balances and journal, with every difference between them.
 */
import { readFileSync } from 'node:fs';
import { isDone } from '#shared/ledger/core/types.ts';
import {
  importLegacyBalances,
  LEGACY_UNIT,
  type LegacyLedger,
  readLegacyLedger,
} from '#shared/legacy/ledger/import.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { legacyPathsIn } from '../../input/legacyFiles.ts';
import { columns, json, note, out, paint, plain } from '../../print.ts';
import { type SessionOptions, withDeployment } from '../../session.ts';

export interface ImportOptions extends SessionOptions {
  readonly dryRun?: boolean;
}

const jsonOf = ({ chain, report, balances }: LegacyLedger) => ({
  chain,
  accounts: Object.fromEntries([...balances].map(([name, amount]) => [name, String(amount)])),
  ...report,
});

const printReport = ({ chain, report, balances, events }: LegacyLedger): void => {
  const { divergences, doubleCharged, orphanCharges, dustSettlements, beyondDouble } = report;
  out(`journal     ${events.length} events, chain ${chain.status}, last hash ${chain.last_hash}`);
  out(`accounts    ${balances.size}, in ten-thousandths of a credit (${LEGACY_UNIT})`);
  out(`settled more than once   ${Object.keys(doubleCharged).length} jobs`);
  out(`charged, then refused    ${orphanCharges} charges`);
  out(`dust never applied       ${dustSettlements} settlements`);
  out(`beyond 2^53              ${plain(beyondDouble.join(', ') || 'none')}`);
  out(`differing from journal   ${divergences.length} accounts`);
  const rows = divergences.map(({ account, balance, journal, causes }) => [
    ...[plain(account), balance, journal ?? '-'],
    Object.entries(causes)
      .map(([cause, amount]) => `${cause} ${amount}`)
      .join(', '),
  ]);
  if (rows.length > 0) out(columns([['ACCOUNT', 'BALANCE', 'JOURNAL', 'CAUSES'], ...rows]));
};

/**
 * Reports on the original's ledger and imports it; with `dryRun` only reports. Exits with 4 when
 * the journal's chain is broken.
 *
 * @throws CliError when a file is missing
 */
export const importLedger = async (
  directory: string,
  options: ImportOptions,
): Promise<ExitCode> => {
  const paths = legacyPathsIn(directory);
  const legacy = readLegacyLedger(
    readFileSync(paths.journal, 'utf8'),
    readFileSync(paths.ledger, 'utf8'),
  );
  if (options.json) json(jsonOf(legacy));
  else printReport(legacy);
  if (!legacy.chain.ok) {
    note(`The journal is broken at line ${legacy.chain.at_line}; nothing was imported.`);
    return EXIT.refused;
  }
  if (options.dryRun) {
    note('Dry run: nothing was imported.');
    return EXIT.ok;
  }
  return withDeployment(options, async ({ ledger: { ledger, history } }) => {
    const outcome = await importLegacyBalances(legacy, { ledger, history });
    note(
      `${paint(isDone(outcome) ? 'green' : 'red', outcome.code)} ${outcome.id} ${outcome.detail ?? ''}`,
    );
    return isDone(outcome) ? EXIT.ok : EXIT.refused;
  });
};
