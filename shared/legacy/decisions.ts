/**
 * The original system's decision traces (logs/decision_trace.jsonl, schema decision_trace_v1) as
 * decisions about jobs, and each line that cannot come along.
 */
import * as v from 'valibot';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import type { PastStep } from '#shared/jobs/ports/past.ts';
import { isJsonObject, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { clipped } from '#shared/kernel/text.ts';

/** A line that stays behind. */
interface RefusedDecision {
  /** Counted from 1. */
  readonly line: number;
  readonly code: 'NOT_JSON' | 'NOT_A_DECISION' | 'NO_JOB' | 'TOO_LARGE';
  readonly message: string;
}

/** What a file of decision traces holds. */
export interface LegacyDecisions {
  readonly decisions: readonly PastStep[];
  readonly refused: readonly RefusedDecision[];
}

const word = v.optional(v.string());

const decision = v.object({
  schema_version: v.literal('decision_trace_v1'),
  timestamp: v.pipe(
    v.string(),
    v.regex(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
      'is no time with a zone',
    ),
    v.transform((text) => Date.parse(text)),
    v.check((ms) => !Number.isNaN(ms), 'is no time'),
  ),
  trace_id: v.string(),
  job_id: v.nullish(v.string()),
  build_id: v.nullish(v.string()),
  intent: v.pipe(v.string(), v.maxLength(100)),
  state: v.optional(v.object({ job_status: v.nullish(v.string()) }), {}),
  action: v.object({
    type: v.string(),
    params: v.optional(v.object({ kind: word, worker_id: word, status: word }), {}),
  }),
  result: v.object({
    status: v.string(),
    error: v.nullish(v.object({ code: v.unknown(), message: v.unknown() })),
  }),
});

type Decision = v.InferOutput<typeof decision>;

/** The original's own list: values of such keys were never shown by its interface for decisions. */
const SECRET = /^(?:token|secret|password|authorization|cookie|api_key|prompt|body)$/i;

const withoutSecrets = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value as Readonly<Record<string, Json>>).map(([key, each]) => [
    key,
    SECRET.test(key) ? '[left out]' : withoutSecrets(each),
  ]);
  return Object.fromEntries(kept) as Json;
};

const textOf = ({ trace_id, build_id, state, action, result }: Decision): string => {
  const { kind, worker_id: worker, status } = action.params;
  const change = state.job_status ?? status;
  const facts = [
    ...(kind === undefined ? [] : [`kind ${kind}`]),
    ...(worker === undefined || worker === 'unknown' ? [] : [`worker ${worker}`]),
    `trace ${trace_id}`,
    ...(build_id ? [`build ${build_id}`] : []),
  ];
  const error = result.error
    ? `, ${String(result.error.code)}: ${String(result.error.message)}`
    : '';
  const head = `${action.type} ${result.status}${change ? `, ${change}` : ''}${error}`;
  return clipped(`original system: ${head} (${facts.join(', ')})`, LIMITS.errorMessageMax);
};

const isJobId = (id: string): boolean => id !== '' && id.length <= LIMITS.idLengthMax;

const decisionOf = (line: string): Result<PastStep, Omit<RefusedDecision, 'line'>> => {
  const refuse = (code: RefusedDecision['code'], message: string) => err({ code, message });
  const bytes = Buffer.byteLength(line);
  if (bytes > LIMITS.pastStepBytesMax)
    return refuse('TOO_LARGE', `${bytes} bytes; at most ${LIMITS.pastStepBytesMax} are kept`);
  const json = parseHostileJson(line);
  if (!json.ok) return refuse('NOT_JSON', json.error.message);
  const read = v.safeParse(decision, json.value);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue) ?? 'the line';
    return refuse('NOT_A_DECISION', clipped(`${where}: ${issue.message}`, LIMITS.errorMessageMax));
  }
  const { job_id: jobId, timestamp: at, intent: event } = read.output;
  if (!jobId) return refuse('NO_JOB', 'the decision is about no job');
  if (!isJobId(jobId)) return refuse('NO_JOB', 'the mesh has no job with such an id');
  return ok({
    jobId,
    at,
    event,
    text: textOf(read.output),
    key: sha256(line).slice(0, 16),
    source: JSON.stringify(withoutSecrets(json.value)),
  });
};

/**
 * Reads a file of decision traces. A line that is no decision about a job is refused by itself; the
 * same line twice is one decision. Throws nothing.
 */
export const readLegacyDecisions = (text: string): LegacyDecisions => {
  const decisions = new Map<string, PastStep>();
  const refused: RefusedDecision[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const read = decisionOf(trimmed);
    if (read.ok) decisions.set(`${read.value.jobId} ${read.value.key}`, read.value);
    else refused.push({ line: index + 1, ...read.error });
  }
  return { decisions: [...decisions.values()], refused };
};
