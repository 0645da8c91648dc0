/** Whether this client and a deployed mesh understand each other. */
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { MESH } from '#shared/contracts/version.ts';
import { MeshError } from './errors.ts';
import type { Target } from './target.ts';

interface Own {
  readonly version: number;
  readonly leastMesh: number;
}

/** The first releases did not say their version. */
const FIRST = '1';

const versionIn = (
  { label, outputs }: Pick<Target, 'label' | 'outputs'>,
  output: 'version' | 'leastClient',
): number => {
  const said = outputs[OUTPUTS[output]] ?? FIRST;
  if (/^[1-9]\d{0,8}$/.test(said)) return Number(said);
  throw new MeshError(
    'MESH_VERSION_INVALID',
    `${label}: its output ${OUTPUTS[output]} is ${JSON.stringify(said)}, which is no version: deploy again`,
  );
};

/**
 * Checks the versions that the outputs of a deployment name.
 *
 * @param own of this client
 * @throws MeshError MESH_TOO_OLD when the mesh lacks what this client needs, MESH_TOO_NEW when the
 *   mesh no longer takes clients of this version, MESH_VERSION_INVALID when an output holds no version
 */
export const checkVersions = (target: Pick<Target, 'label' | 'outputs'>, own: Own = MESH): void => {
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
