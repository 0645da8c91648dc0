/** Checks that the deployed functions understand the tables. */
import type { Deployment } from '#client/deployment.ts';
import { deployedFault, isUnfinished, tableStandings } from '#shared/schema/finishUpgrade.ts';
import { type Finding, okFinding, problem } from './finding.ts';

/** Finds tables that the deployed functions would misread, and says what an upgrade left open. */
export const checkSchemas = async ({
  schemas,
}: Pick<Deployment, 'schemas'>): Promise<readonly Finding[]> => {
  const found = await tableStandings(schemas);
  const faults = found.flatMap((each) => deployedFault(each)?.message ?? []);
  if (faults.length > 0)
    return faults.map((message) =>
      problem('schemas', message, 'deploy the newer release again; nothing runs until then'),
    );
  const open = found.filter(isUnfinished).map(({ table }) => table);
  return [
    okFinding(
      'schemas',
      open.length === 0
        ? 'the tables are written as the release writes them'
        : `${open.join(', ')}: written for the release before too, until "sheratan upgrade --finish"`,
    ),
  ];
};
