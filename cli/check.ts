/** Checks jobs as the worker would, before they are sent, with the same messages. */
import { type OutputUnit, Validator } from '@cfworker/json-schema';
import * as v from 'valibot';
import type { Deployment } from '#client/deployment.ts';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { hintsOf, type ValidJob } from '#shared/jobs/envelope/envelope.ts';
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

/** The kinds of a deployment, as far as this command knows them. */
export const kindsAt = async ({
  ownKinds,
  kindInfos,
}: Pick<Deployment, 'ownKinds' | 'kindInfos'>): Promise<Kinds> => {
  const builtIn = new Set(BUILT_IN.map(({ kind }) => kind));
  const infos = (await kindInfos()) ?? ownKinds.map((kind) => ({ kind }));
  const own = infos.filter(({ kind }) => !builtIn.has(kind));
  return kindsOf([...BUILT_IN, ...own.map(elsewhere)]);
};

const withAdvice = (issue: EnvelopeIssue, body: string, kinds: Kinds): EnvelopeIssue => {
  if (issue.code !== 'UNKNOWN_KIND') return issue;
  const meant = similar(hintsOf(body).kind ?? '', kinds.keys());
  return meant === undefined
    ? issue
    : { ...issue, message: `${issue.message}; did you mean "${meant}"?` };
};

/** Checks a message body as the worker would, as far as the kinds are known here. */
export const checkBody = (body: string, kinds: Kinds): ValidJob | EnvelopeIssue => {
  const parsed = parseOutgoing(body, kinds);
  return parsed.ok ? parsed.value : withAdvice(parsed.error, body, kinds);
};
