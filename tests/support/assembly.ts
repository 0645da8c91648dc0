/** The resources of a stack that was synthesized. */
import { loadAssembly } from '#emulator/template/template.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** By their logical ids. */
export const namedResourcesIn = (
  assemblyDir: string,
  stage = 'dev',
): Readonly<Record<string, Resource>> => {
  const { template } = loadAssembly(assemblyDir, `Sheratan-${stage}`);
  return Object.fromEntries(
    Object.entries(template.Resources).map(([id, resource]) => [
      id,
      { Properties: {}, ...resource },
    ]),
  );
};

export const resourcesIn = (assemblyDir: string, stage?: string): readonly Resource[] =>
  Object.values(namedResourcesIn(assemblyDir, stage));

/** The properties of each resource of a type. */
export const propertiesIn = (
  resources: readonly Resource[],
  type: string,
): readonly Resource['Properties'][] =>
  resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
