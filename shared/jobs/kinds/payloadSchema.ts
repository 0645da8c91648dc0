/**
 * What a kind's payload schema must be: a Standard Schema, version 1 (standardschema.dev). Schemas
 * of valibot, zod, arktype and others are.
 */

interface SchemaFault {
  readonly message: string;
  /** Where, from the payload's root: keys, or objects that hold one. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaFault[] };

/** A schema of `Input` that gives `Output`. It must answer at once, not by a promise. */
export interface PayloadSchema<Input = unknown, Output = unknown> {
  /** What the standard prescribes: the version, the library, the check and its types. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type TypesOf<S extends PayloadSchema> = NonNullable<S['~standard']['types']>;
/** What a sender gives. */
export type InputOf<S extends PayloadSchema> = TypesOf<S>['input'];
/** What the handler gets. */
export type OutputOf<S extends PayloadSchema> = TypesOf<S>['output'];

/** The payload as the handler gets it, or the first fault that the schema finds. */
export type Judged =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: SchemaFault };

/**
 * Validates a payload.
 *
 * @throws TypeError when the schema answers by a promise; else whatever the schema's own code throws
 */
export const validated = (schema: PayloadSchema, payload: unknown): Judged => {
  const answer = schema['~standard'].validate(payload);
  if (answer instanceof Promise) {
    // Its end is of no interest, and must not be an unhandled rejection.
    answer.catch(() => undefined);
    throw new TypeError('it validates asynchronously, which a payload schema must not');
  }
  if (answer.issues === undefined) return { ok: true, value: answer.value };
  const [fault = { message: 'invalid' }] = answer.issues;
  return { ok: false, fault };
};

/** The keys that lead to the fault. */
export const faultPath = ({ path = [] }: SchemaFault): readonly string[] =>
  // Some libraries' paths are arrays with a `map` of their own.
  Array.from(path, (part) => String(typeof part === 'object' ? part.key : part));
