/** Checks jobs as the worker would, before they are sent, with the same messages. */
import { type OutputUnit, Validator } from '@cfworker/json-schema';
import * as v from 'valibot';
import type { Deployment } from '#client/deployment.ts';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import type { ValidJob } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { type JobDefinition, type Kinds, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { BUILT_IN } from '#shared/jobs/kinds/index.ts';
import type { PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';
import { similar } from './similar.ts';

/** `#/items/0/name`, as JSON Schema tells a place. */
const pathIn = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));

/** What a rejected branch says of itself, which helps nobody. */
const EMPTY = 'False boolean schema.';

/** The error that is deepest in the payload: those above it only say that a part of them is wrong. */
const innermost = (errors: readonly OutputUnit[]): OutputUnit => {
  const depth = ({ instanceLocation }: OutputUnit): number => pathIn(instanceLocation).length;
  const telling = errors.filter(({ error }) => error !== EMPTY);
  const [deepest] = telling.toSorted((a, b) => depth(b) - depth(a));
  return deepest ?? { keyword: '', keywordLocation: '', instanceLocation: '#', error: 'invalid' };
};

/** A payload's check by JSON Schema. What a library checks beyond that, only the mesh can. */
const byJsonSchema = (schema: NonNullable<KindInfo['schema']>): PayloadSchema => {
  const validator = new Validator(schema, '2020-12', false);
  const validate = (value: unknown) => {
    const { valid, errors } = validator.validate(value);
    if (valid) return { value };
    const fault = innermost(errors);
    return { issues: [{ message: fault.error, path: pathIn(fault.instanceLocation) }] };
  };
  return { '~standard': { version: 1, vendor: 'json-schema', validate } };
};

/** A kind whose code is in the mesh only. Without a schema only the mesh can check its payload. */
const elsewhere = ({ kind, schema }: KindInfo): JobDefinition => ({
  kind,
  payload: schema ? byJsonSchema(schema) : v.unknown(),
  run: () => Promise.reject(new Error(`kind ${kind} runs in the mesh only`)),
});

/** The same kinds, which name the kind that somebody may have meant by one that is not among them. */
const advising = (kinds: Kinds): Kinds =>
  Object.assign(new Map(kinds), {
    advice: (kind: string) => {
      const meant = similar(kind, kinds.keys());
      return meant === undefined ? '' : `; did you mean "${meant}"?`;
    },
  });

/** The kinds of a deployment, as far as this command knows them. */
export const kindsAt = async ({
  ownKinds,
  kindInfos,
}: Pick<Deployment, 'ownKinds' | 'kindInfos'>): Promise<Kinds> => {
  const builtIn = new Set(BUILT_IN.map(({ kind }) => kind));
  const infos = (await kindInfos()) ?? ownKinds.map((kind) => ({ kind }));
  const own = infos.filter(({ kind }) => !builtIn.has(kind));
  return advising(kindsOf([...BUILT_IN, ...own.map(elsewhere)]));
};

/** Checks a message body as the worker would, as far as the kinds are known here. */
export const checkBody = (body: string, kinds: Kinds): ValidJob | EnvelopeIssue => {
  const parsed = parseOutgoing(body, kinds.advice ? kinds : advising(kinds));
  return parsed.ok ? parsed.value : parsed.error;
};
