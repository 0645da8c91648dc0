/** Host definitions and a registry on a real table. */
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { checkHost, type HostDefinition } from '#shared/hosts/registry/definition.ts';
import type { ManageHostsDeps } from '#shared/hosts/registry/manageHosts.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import { createHostsTable } from './table.ts';

/** @throws for what is none */
export const definitionOf = (id: string, more: object = {}): HostDefinition => {
  const checked = checkHost({
    id,
    endpoint: `http://${id}.test:8081`,
    capabilities: [{ kind: 'pdf', price: 20 }],
    ...more,
  });
  if (!checked.ok) throw new Error(checked.error.message);
  return checked.value;
};

export const definitions = (prefix: string, count: number, more?: object) =>
  Array.from({ length: count }, (_, n) => definitionOf(`${prefix}-${n}`, more));

export interface TestRegistry {
  readonly options: Awaited<ReturnType<typeof createHostsTable>>;
  /** Another person's process on the same table. */
  another(over?: Partial<ManageHostsDeps>): ManageHostsDeps;
}

export const startRegistry = async (endpoint: string): Promise<TestRegistry> => {
  const options = await createHostsTable(endpoint);
  return {
    options,
    another: (over) => ({
      store: createHostStore(options),
      clock: { now: () => Date.now() },
      random: { next: Math.random },
      wait: systemSleep,
      ...over,
    }),
  };
};
