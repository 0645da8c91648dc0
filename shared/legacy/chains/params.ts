/** The params of a follow-up job as its handler gets them: results put in, templates resolved. */
import * as v from 'valibot';
import type { Json } from '#shared/kernel/json.ts';
import { ARTIFACTS, type Context, resolveTemplates, TemplateError } from './templates.ts';

type Params = Readonly<Record<string, Json>>;

const wiringSchema = v.object({
  job_id: v.string(),
  json_path: v.optional(v.string(), ''),
  transform: v.optional(
    v.object({
      op: v.picklist(['take_first', 'unique', 'filter_suffix']),
      n: v.optional(v.number(), 20),
      suffixes: v.optional(v.array(v.string()), []),
    }),
  ),
  target_param: v.optional(v.string(), 'input'),
});
type Transform = NonNullable<v.InferOutput<typeof wiringSchema>['transform']>;

const transformed = (value: Json, transform: Transform | undefined): Json => {
  if (!transform || !Array.isArray(value)) return value;
  const items = value as readonly Json[];
  const { op, n, suffixes } = transform;
  if (op === 'take_first') return items.slice(0, n);
  if (op === 'filter_suffix')
    return items.filter((item) => suffixes.some((suffix) => String(item).endsWith(suffix)));
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = JSON.stringify(item);
    return !seen.has(key) && seen.add(key);
  });
};

const resultOf = (name: string, context: Context): Json => {
  const result = context.get(name);
  if (result === undefined) throw new TemplateError(`Job '${name}' not found in context`);
  return result;
};

const fromResult = (raw: Json, context: Context): Params => {
  const parsed = v.safeParse(wiringSchema, raw);
  if (!parsed.success) throw new TemplateError('inputs_from_job_result: job_id is missing');
  const { job_id, json_path, transform, target_param } = parsed.output;
  resultOf(job_id, context);
  const reference = json_path === '' ? job_id : `${job_id}.${json_path.replace(/^\$?\.?/, '')}`;
  const value = resolveTemplates(`\${${reference}}`, context);
  return { [target_param]: transformed(value, transform) };
};

const fromArtifact = (raw: Json, context: Context): Params => {
  const value = resolveTemplates(`\${${ARTIFACTS}.${String(raw)}.value}`, context);
  return { paths: value };
};

const SOURCES = ['source', 'input_from'] as const;

/**
 * Resolves templates, named sources, artifacts and `inputs_from_job_result`.
 * @throws TemplateError TEMPLATE_UNRESOLVED for the first value that cannot be resolved
 */
export const resolveParams = (params: Params, context: Context): Params => {
  const { paths_from_artifact: artifact, inputs_from_job_result: wiring, ...plain } = params;
  const named = SOURCES.flatMap((key) => {
    const name = plain[key];
    const result = typeof name === 'string' ? context.get(name) : undefined;
    return result === undefined ? [] : [[key, result] as const];
  });
  const resolved = resolveTemplates(plain, context) as Params;
  return {
    ...resolved,
    ...Object.fromEntries(named),
    ...(artifact !== undefined && fromArtifact(artifact, context)),
    ...(wiring !== undefined && fromResult(wiring, context)),
  };
};

const FILE_LISTS = ['walk_tree', 'list_files'];

/** The artifacts that the original system made of results: `file_list` and `file_blobs`. */
export const artifactsOf = (
  siblings: readonly { readonly kind: string; readonly result: Json }[],
): Json => {
  const artifacts: Record<string, Json> = {};
  const blobs: Record<string, Json> = {};
  for (const { kind, result } of siblings) {
    const fields = (typeof result === 'object' && result !== null ? result : {}) as Params;
    if (FILE_LISTS.includes(kind) && Array.isArray(fields['files']))
      artifacts['file_list'] = { value: fields['files'] };
    if (kind === 'read_file') blobs[String(fields['path'] ?? '')] = fields['content'] ?? '';
  }
  if (Object.keys(blobs).length > 0) artifacts['file_blobs'] = { value: blobs };
  return artifacts;
};

/** Whether results of this kind make the artifact `file_list`. */
export const listsFiles = (kind: string): boolean => FILE_LISTS.includes(kind);
