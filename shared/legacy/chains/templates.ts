/**
 * The original system's templates `${job.field[0]}`, resolved by results of sibling jobs. A
 * template that cannot be resolved is an error; the original system printed it and ran the job with
 * its text.
 */
import type { Json } from '#shared/kernel/json.ts';

/** A template names a job, a field or an element that is not there. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly code = 'TEMPLATE_UNRESOLVED';
}

/** Results by the names of their jobs, in the order of the jobs, and the artifacts. */
export type Context = ReadonlyMap<string, Json>;

/** The name of the artifacts in a {@link Context}. */
export const ARTIFACTS = '_artifacts';

type Fields = { readonly [key: string]: Json };

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const filesOf = (value: Json | undefined): readonly Json[] | undefined => {
  const files = isFields(value) ? value['files'] : undefined;
  return Array.isArray(files) ? files : undefined;
};

const pathOf = (file: Json | undefined): Json | undefined =>
  isFields(file) && file['path'] !== undefined ? file['path'] : file;

/** Names that have a value even when the result has no such field. */
const ACCESSORS: Readonly<Record<string, (result: Fields) => Json | undefined>> = {
  first_match: (result) => filesOf(result)?.[0],
  first_file: (result) => filesOf(result)?.[0],
  all_files: (result) => filesOf(result),
  content: () => '',
};

const ELEMENT = /^([^[\]]+)\[(\d+)\]$/;

const field = (value: Json, name: string, path: string): Json => {
  if (!isFields(value)) throw new TemplateError(`Cannot access field '${name}' on non-dict object`);
  const found = Object.hasOwn(value, name) ? value[name] : undefined;
  if (found === undefined || found === null)
    throw new TemplateError(`Field '${name}' not found in path: ${path}`);
  return found;
};

const step = (value: Json, segment: string, path: string): Json => {
  const [, name, index] = ELEMENT.exec(segment) ?? [];
  if (name === undefined) return field(value, segment, path);
  const list = field(value, name, path);
  const element = Array.isArray(list) ? (list as readonly Json[])[Number(index)] : undefined;
  if (element === undefined || element === null)
    throw new TemplateError(`Array index ${index} out of bounds in path: ${path}`);
  return element;
};

const lookUp = (reference: string, context: Context): Json => {
  const [job = '', ...segments] = reference.split('.');
  const result = context.get(job);
  if (result === undefined) throw new TemplateError(`Job '${job}' not found in context`);
  const path = segments.join('.');
  const [first = '', ...rest] = segments;
  const short = isFields(result) && !Object.hasOwn(result, first) ? ACCESSORS[first] : undefined;
  const found = short && isFields(result) ? short(result) : undefined;
  const walk = (value: Json, segment: string): Json => step(value, segment, path);
  return found === undefined ? segments.reduce(walk, result) : rest.reduce(walk, found);
};

/** A value as Python prints it, because the original system's jobs expect that. */
const embedded = (value: Json, reference: string): string => {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (typeof value !== 'object') return String(value);
  const type = Array.isArray(value) ? 'list' : 'dict';
  throw new TemplateError(`Cannot embed complex type (${type}) in string: ${reference}`);
};

const WHOLE = /^\$\{([^}]+)\}$/;
const PART = /\$\{([^}]+)\}/g;

/** The files of the last job whose result has files. */
const previousFiles = (context: Context): readonly Json[] | undefined =>
  [...context]
    .filter(([name]) => name !== ARTIFACTS)
    .flatMap(([, result]) => {
      const files = filesOf(result);
      return files ? [files] : [];
    })
    .at(-1);

const ofPrevious = (word: string, context: Context): Json | undefined => {
  if (word !== 'first_from_previous_job' && word !== 'all_from_previous_job') return undefined;
  const files = previousFiles(context);
  const value = word === 'all_from_previous_job' ? files : pathOf(files?.[0]);
  if (value === undefined) throw new TemplateError(`${word}: no job before this one found files`);
  return value;
};

const resolveText = (text: string, context: Context): Json => {
  const previous = ofPrevious(text, context);
  if (previous !== undefined) return previous;
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return lookUp(whole, context);
  return text.replace(PART, (_match, reference: string) =>
    embedded(lookUp(reference, context), reference),
  );
};

/**
 * Resolves the templates in all texts of a value.
 * @throws TemplateError TEMPLATE_UNRESOLVED for the first template that cannot be resolved
 */
export const resolveTemplates = (value: Json, context: Context): Json => {
  if (typeof value === 'string') return resolveText(value, context);
  if (Array.isArray(value)) return value.map((item: Json) => resolveTemplates(item, context));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveTemplates(item, context)]),
  );
};

/** The names of the jobs in a text's templates. */
export const jobsNamedIn = (text: string): readonly string[] =>
  [...text.matchAll(PART)].map(([, reference = '']) => reference.split('.')[0] ?? '');
