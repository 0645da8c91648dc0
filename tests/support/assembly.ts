/** The resources of a stack that was synthesized. */
import { loadAssembly } from '#infra/local/template.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export const resourcesIn = (assemblyDir: string, stage = 'dev'): readonly Resource[] => {
  const { template } = loadAssembly(assemblyDir, `Sheratan-${stage}`);
  return Object.values(template.Resources).map((resource) => ({ Properties: {}, ...resource }));
};

/** The properties of each resource of a type. */
export const propertiesIn = (
  resources: readonly Resource[],
  type: string,
): readonly Resource['Properties'][] =>
  resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
