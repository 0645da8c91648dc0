/** Whether this client and a deployed mesh understand each other. */
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { MESH, schemasIn } from '#shared/contracts/version.ts';
import { MeshError } from './errors.ts';
import type { Target } from './target.ts';

interface Own {
  readonly version: number;
  readonly leastMesh: number;
}

/** The first releases did not say their version. */
const FIRST = '1';

type Told = Pick<Target, 'label' | 'outputs'>;

const invalid = (label: string, output: string, said: string): MeshError =>
  new MeshError(
    'MESH_VERSION_INVALID',
    `${label}: its output ${output} is ${JSON.stringify(said)}, which is no version: deploy again`,
  );

const versionIn = ({ label, outputs }: Told, output: 'version' | 'leastClient'): number => {
  const said = outputs[OUTPUTS[output]] ?? FIRST;
  if (/^[1-9]\d{0,8}$/.test(said)) return Number(said);
  throw invalid(label, OUTPUTS[output], said);
};

/**
 * Checks the versions that the outputs of a deployment name.
 *
 * @param own of this client
 * @throws MeshError MESH_TOO_OLD when the mesh lacks what this client needs, MESH_TOO_NEW when the
 *   mesh no longer takes clients of this version, MESH_VERSION_INVALID when an output holds no version
 */
export const checkVersions = (target: Told, own: Own = MESH): void => {
  const mesh = versionIn(target, 'version');
  const leastClient = versionIn(target, 'leastClient');
  const which = `${target.label}: the mesh is ${mesh}, the client is ${own.version}`;
  if (mesh < own.leastMesh)
    throw new MeshError('MESH_TOO_OLD', `${which} and needs ${own.leastMesh}: deploy first`);
  if (own.version < leastClient)
    throw new MeshError(
      'MESH_TOO_NEW',
      `${which}, and the mesh takes clients from ${leastClient} on: install the newer "sheratan" here`,
    );
};

/**
 * The schema of each table that the deployed release knows.
 *
 * @throws MeshError MESH_VERSION_INVALID when the output holds no whole number for a table
 */
export const deployedSchemas = ({ label, outputs }: Told): ReturnType<typeof schemasIn> => {
  const schemas = schemasIn(outputs);
  if (Object.values(schemas).every((schema) => Number.isSafeInteger(schema) && schema > 0))
    return schemas;
  throw invalid(label, OUTPUTS.schemas, outputs[OUTPUTS.schemas] ?? '');
};
