/** JSON Schemas of what the mesh and a host say to each other, derived from those that check it. */
import { toJsonSchema } from '@valibot/to-json-schema';
import {
  capacitySchema,
  healthSchema,
  problemSchema,
  resultSchema,
  runSchema,
} from '#shared/dispatch/protocol.ts';

const BODIES = {
  health: healthSchema,
  capacity: capacitySchema,
  run: runSchema,
  result: resultSchema,
  problem: problemSchema,
} as const;

export const hostProtocolJsonSchema = (): object => {
  const bodies = Object.entries(BODIES).map(([name, schema]) => {
    const { $schema: _, ...definition } = toJsonSchema(schema, { target: 'draft-2020-12' });
    return [name, definition];
  });
  return {
    $id: 'https://sheratan.dev/schema/host-protocol.json',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sheratan host protocol',
    description: 'The bodies of docs/host-protocol.md, one definition each.',
    $defs: Object.fromEntries(bodies),
  };
};
