/** `upgrade`: whether the tables are written as the deployed release writes them, and the finish. */
import {
  finishUpgrade,
  isUnfinished,
  type TableStanding,
  tableStandings,
} from '#shared/schema/finishUpgrade.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, plain, time } from '../print.ts';
import {
  actorOf,
  type DecisionOptions,
  looking,
  type Session,
  withDeployment,
} from '../session.ts';

export interface UpgradeOptions extends DecisionOptions {
  readonly finish?: boolean;
}

const finishOf = ({ finished }: TableStanding): string =>
  finished ? [time(finished.at), finished.by, finished.reason].join('  ') : '';

const printTables = (found: readonly TableStanding[]): void => {
  out(
    columns([
      ['TABLE', 'WRITTEN IN', 'RELEASE KNOWS', 'FINISHED'],
      ...found.map((each) =>
        [each.table, `schema ${each.schema}`, `schema ${each.deployed}`, finishOf(each)].map(plain),
      ),
    ]),
  );
  const open = found.filter(isUnfinished).map(({ table }) => table);
  if (open.length === 0) note('Every table is written as the deployed release writes it.');
  else
    note(
      `The release before can still come back. When it will not: sheratan upgrade --finish (${open.join(', ')})`,
    );
};

const show = async (options: UpgradeOptions, { schemas }: Session): Promise<ExitCode> => {
  const tables = await tableStandings(schemas);
  if (options.json) json({ tables });
  else printTables(tables);
  return EXIT.ok;
};

const finish = async (options: UpgradeOptions, session: Session): Promise<ExitCode> => {
  const raised = await finishUpgrade(session.schemas, {
    at: session.clock.now(),
    by: actorOf(options),
    reason: options.reason ?? '',
  });
  if (options.json)
    json({ finished: raised.map(({ table, deployed }) => ({ table, schema: deployed })) });
  else if (raised.length === 0)
    note('Nothing changed: every table is in the schema of the deployed release already.');
  else {
    for (const { table, schema, deployed } of raised)
      out(`${plain(table)}: schema ${schema} → ${paint('bold', `schema ${deployed}`)}`);
    note(
      'Within five minutes the functions write the new schema. A release that does not know this schema refuses to run.',
    );
  }
  return EXIT.ok;
};

/**
 * Shows in which schema each table is written; with `finish`, lets the deployed release write its
 * own.
 *
 * @throws SchemaError SCHEMA_TOO_NEW when a table is further than the deployed functions
 */
export const upgradeCommand = (options: UpgradeOptions): Promise<ExitCode> =>
  options.finish
    ? withDeployment(options, (session) => finish(options, session))
    : looking(options, (session) => show(options, session));
