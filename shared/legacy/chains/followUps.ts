/** The follow-up jobs of a completed job, as its children: bounded, named, wired to siblings. */

import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import type { ChainStore } from '#shared/jobs/ports/jobs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { type FollowUpVerdict, judge, newChain, repeatHash } from './guards.ts';
import { type FollowUp, followUpsIn } from './lcp.ts';
import { mayNameFollowUps } from './namesFollowUps.ts';
import { listsFiles } from './params.ts';
import { jobsNamedIn } from './templates.ts';

/** The follow-up jobs of one result. */
export interface FollowUpJobs {
  readonly children: readonly Envelope[];
  /** Which follow-up jobs were refused and why, for the trace. */
  readonly refused: readonly string[];
}

interface Named extends FollowUp {
  readonly id: string;
  readonly name: string;
}

const TRIES_MAX = 10;

/** The follow-up's own name, else the name in its params, else the beginning of its hash. */
const nameOf = (followUp: FollowUp): string => {
  const given = followUp.params['name'];
  return followUp.name ?? (typeof given === 'string' ? given : repeatHash(followUp).slice(0, 8));
};

/** The ids of the siblings that must end before the job's params can be resolved. */
const needsOf = (job: Named, position: number, siblings: readonly Named[]): readonly string[] => {
  const text = JSON.stringify(job.params);
  const wiring = job.params['inputs_from_job_result'] as { job_id?: unknown } | undefined;
  const named = new Set<unknown>([
    ...jobsNamedIn(text),
    job.params['source'],
    job.params['input_from'],
    wiring?.job_id,
  ]);
  const usesArtifacts = 'paths_from_artifact' in job.params || named.has('_artifacts');
  const usesPrevious = /"(?:first|all)_from_previous_job"/.test(text);
  return siblings
    .filter(
      ({ id, name, kind }, index) =>
        id !== job.id &&
        (named.has(name) ||
          (usesArtifacts && index < position && listsFiles(kind)) ||
          (usesPrevious && index === position - 1)),
    )
    .map(({ id }) => id);
};

const envelopeOf = (
  job: Named,
  position: number,
  siblings: readonly Named[],
  parent: { readonly id: string; readonly envelope: Envelope },
  chain: { readonly id: string; readonly startedAt: number },
  now: number,
): Envelope => {
  const { name: _name, ...params } = job.params;
  const { envelope } = parent;
  const dependsOn = needsOf(job, position, siblings);
  const endsAt = chain.startedAt + LIMITS.chainSecondsMax * 1_000;
  return {
    id: job.id,
    kind: job.kind,
    payload: params,
    parentId: parent.id,
    correlationId: envelope.correlationId ?? chain.id,
    ...(envelope.source && { source: envelope.source }),
    ...(envelope.priority && { priority: envelope.priority }),
    ...(envelope.missionId && { missionId: envelope.missionId }),
    ...(envelope.taskId && { taskId: envelope.taskId }),
    ...(dependsOn.length > 0 && { dependsOn: [...dependsOn] }),
    deadlineSeconds: Math.max(1, Math.ceil((endsAt - now) / 1_000)),
    chain: {
      id: chain.id,
      depth: (envelope.chain?.depth ?? 0) + 1,
      siblings: Object.fromEntries(siblings.map(({ name, id }) => [name, id])),
    },
  };
};

class ChainBusyError extends Error {
  override readonly name = 'ChainBusyError';
  readonly code = 'CHAIN_BUSY';
}

/** Judges the follow-ups, and writes the verdicts before any follow-up job exists. */
const decide = async (
  chainId: string,
  parentId: string,
  followUps: readonly FollowUp[],
  depth: number,
  { chains, clock }: { readonly chains: ChainStore; readonly clock: Clock },
) => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const now = clock.now();
    const seen = (await chains.get(chainId)) ?? newChain(chainId, now);
    const next = judge(seen, parentId, followUps, depth, now);
    if (next === seen || (await chains.put(next))) return next;
  }
  throw new ChainBusyError(`chain ${chainId} changes all the time`);
};

/** A completed job. `mute` says why its result must not name follow-up jobs, if that is so. */
interface Parent {
  readonly id: string;
  readonly envelope: Envelope;
  readonly mute: string | undefined;
}

const NONE: FollowUpJobs = { children: [], refused: [] };

/**
 * The follow-up jobs that a result names and the bounds of the chain allow; none for other results.
 * @param result JSON text
 * @throws ChainBusyError CHAIN_BUSY when other writers win ten times in a row
 */
export const followUpJobs = async (
  result: string | undefined,
  parent: Parent,
  deps: { readonly chains: ChainStore; readonly clock: Clock },
): Promise<FollowUpJobs> => {
  if (!mayNameFollowUps(result)) return NONE;
  const json = parseHostileJson(result);
  if (!json.ok) return { children: [], refused: [`${json.error.code}: ${json.error.message}`] };
  const all = followUpsIn(json.value);
  if (all.length === 0) return NONE;
  if (parent.mute !== undefined)
    return { children: [], refused: [`${all.length}, since ${parent.mute}`] };
  const followUps = all.slice(0, LIMITS.followUpsMax);
  const more = all.length - followUps.length;
  const { chain: above } = parent.envelope;
  const chainId = above?.id ?? parent.id;
  const depth = (above?.depth ?? 0) + 1;
  const chain = await decide(chainId, parent.id, followUps, depth, deps);
  const verdicts: readonly FollowUpVerdict[] = chain.decisions[parent.id] ?? [];
  const named = followUps.map(
    (followUp, index): Named & { verdict: FollowUpVerdict | undefined } => ({
      ...followUp,
      id: `${chainId}.${depth}.${repeatHash(followUp).slice(0, 16)}`,
      name: nameOf(followUp),
      verdict: verdicts[index],
    }),
  );
  const accepted = named.filter(({ verdict }) => verdict === 'accepted');
  const now = deps.clock.now();
  return {
    children: accepted.map((job, position) =>
      envelopeOf(job, position, accepted, parent, chain, now),
    ),
    refused: [
      ...named
        .filter(({ verdict }) => verdict !== 'accepted')
        .map(({ name, kind, verdict }) => `${name} (${kind}): ${verdict}`),
      ...(more > 0 ? [`${more} beyond the first ${LIMITS.followUpsMax}`] : []),
    ],
  };
};
