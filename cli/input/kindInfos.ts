/** The kinds of a deployment for people: all that it can run, and what is known of their payloads. */
import type { Deployment } from '#client/deployment.ts';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { describeKinds } from '#shared/jobs/kinds/describeKinds.ts';
import { BUILT_IN } from '#shared/jobs/kinds/index.ts';

const byName = (a: KindInfo, b: KindInfo): number => (a.kind < b.kind ? -1 : 1);

/**
 * The project's own kinds, then the built-in kinds, each by name. Of a mesh that keeps its list to
 * itself, own kinds have only names.
 */
export const allKinds = async ({
  kindInfos,
  ownKinds,
}: Pick<Deployment, 'kindInfos' | 'ownKinds'>): Promise<readonly KindInfo[]> => {
  const known = (await kindInfos()) ?? ownKinds.map((kind) => ({ kind }));
  const builtIn = await describeKinds(kindsOf(BUILT_IN));
  const names = new Set(builtIn.map(({ kind }) => kind));
  const own = known.filter(({ kind }) => !names.has(kind));
  return [...own.toSorted(byName), ...builtIn.toSorted(byName)];
};
