/** Follow-up jobs in a result, in the original system's two forms: LCP version 1, and an action. */
import * as v from 'valibot';

const params = v.optional(v.record(v.string(), v.unknown()), {});

const specSchema = v.pipe(
  v.object({ kind: v.optional(v.string()), name: v.optional(v.string()), params }),
  // Without a kind, the original system took the name as the kind.
  v.transform(({ kind, name, params: given }) => ({
    kind: kind ?? name ?? '',
    name: kind === undefined ? undefined : name,
    params: given,
  })),
);

const lcpSchema = v.object({
  lcp_version: v.literal('1'),
  type: v.literal('followup_jobs'),
  jobs: v.array(specSchema),
});
const actionSchema = v.object({
  action: v.literal('create_followup_jobs'),
  new_jobs: v.array(specSchema),
});

/** A follow-up job, as a result names it. */
export interface FollowUp {
  readonly kind: string;
  readonly name: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The follow-up jobs that a result names; none for any other result. Throws nothing. */
export const followUpsIn = (result: unknown): readonly FollowUp[] => {
  const lcp = v.safeParse(lcpSchema, result);
  if (lcp.success) return lcp.output.jobs;
  const action = v.safeParse(actionSchema, result);
  return action.success ? action.output.new_jobs : [];
};
