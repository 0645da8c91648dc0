/** Checks jobs as the worker would, before they are sent, with the same messages. */
import * as v from 'valibot';
import type { ValidJob } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { type JobDefinition, type Kinds, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { BUILT_IN } from '#shared/jobs/kinds/index.ts';

/** A kind of which only the name is known here: only the mesh can check its payload. */
const named = (kind: string): JobDefinition => ({
  kind,
  payload: v.unknown(),
  run: () => Promise.reject(new Error(`kind ${kind} runs in the mesh only`)),
});

/** The kinds of a deployment, as far as this command knows them. */
export const kindsAt = ({ ownKinds }: { readonly ownKinds: readonly string[] }): Kinds => {
  const builtIn = new Set(BUILT_IN.map(({ kind }) => kind));
  const own = ownKinds.filter((kind) => !builtIn.has(kind));
  return kindsOf([...BUILT_IN, ...own.map(named)]);
};

/** Checks a message body as the worker would, as far as the kinds are known here. */
export const checkBody = (body: string, kinds: Kinds): ValidJob | EnvelopeIssue => {
  const parsed = parseOutgoing(body, kinds);
  return parsed.ok ? parsed.value : parsed.error;
};
