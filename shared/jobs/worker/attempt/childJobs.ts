/** Jobs that a handler enqueues. They are sent if, and only if, their parent completes. */

import type { Called, Shares } from '#shared/billing/childShares.ts';
import { CHILDREN_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { childId } from '../../envelope/childId.ts';
import { type Envelope, jobIdOf } from '../../envelope/envelope.ts';
import { envelopeText, parseOutgoing } from '../../envelope/outgoing.ts';
import { claimCheck } from '../../envelope/payload.ts';
import type { Kinds } from '../../kinds/defineJob.ts';
import { EnqueueError } from '../../kinds/errors.ts';
import type { Blobs } from '../../ports/jobs.ts';
import type { JobRecord, Settlement } from '../../record/record.ts';
import type { Outbox } from '../../record/transitions.ts';

/** The children of one attempt, collected until its end. */
export interface Children {
  /**
   * Checks a child and adds it. Returns the child's id, which is the same in every attempt.
   * @throws EnqueueError TREE_TOO_DEEP, CHILDREN_MAX, CHILD_ID_TAKEN, a code of the envelope's
   * check, or a code of the shares when the parent's hold cannot pay the child
   */
  enqueue(child: Envelope): string;
  /**
   * Checks a child that is sent while its parent goes on; the child is not added.
   * @throws EnqueueError as `enqueue`; BUDGET_EXCEEDED when the parent's hold cannot pay the child
   */
  prepare(child: Envelope): Envelope;
  /** Those of the prepared children that are sent, and the parts of the parent's hold for them. */
  called(prepared: readonly Envelope[]): Called;
  /** Adds children that the mesh itself made, unchecked: the worker that gets them checks them. */
  add(children: readonly Envelope[]): void;
  /** The fields to write with the parent's completion. Puts large payloads into the bucket. */
  outbox(): Promise<Outbox>;
  /** The parts of the parent's price that pay children; undefined when there are none. */
  shares(): Settlement['shares'];
}

/** Where the children hang in the tree of jobs. */
interface Tree {
  readonly parent: JobRecord;
  /** How many jobs are above the parent, each sent by the one before it. */
  readonly depth: number;
}

const checkDepth = ({ parent, depth }: Tree): void => {
  const max = LIMITS.treeDepthMax;
  if (depth < max) return;
  const why = `${depth} jobs above ${parent.id} were each sent by the one before, the limit is ${max}; what goes on for ever is better sent by a schedule`;
  throw new EnqueueError('TREE_TOO_DEEP', why);
};

const nothing = (): undefined => undefined;

const NO_SHARES: Shares = {
  priced: (cost) => {
    if (cost.from !== 'parent') return cost;
    throw new EnqueueError('NO_PARENT_HOLD', 'cost.from: this job costs and holds nothing');
  },
  take: nothing,
  grant: nothing,
  called: (calls) => ({ calls, shares: undefined }),
  all: nothing,
};

/**
 * Collects the children of one attempt.
 * @param shares of the hold from which the parent may pay its children; absent: it holds nothing
 */
export const collectChildren = (
  tree: Tree,
  shares: Shares = NO_SHARES,
  kinds: Kinds,
  blobs: Blobs,
): Children => {
  const { parent } = tree;
  const depth = tree.depth + 1;
  const children: Envelope[] = [];
  const ids = new Set([parent.id]);
  /** A second job under one id would never run, and nobody would be told. */
  const freeId = (child: Envelope): string => {
    const id = jobIdOf(child, '');
    const whose = id === parent.id ? "this job's own" : "another of its children's";
    if (ids.has(id)) throw new EnqueueError('CHILD_ID_TAKEN', `id: "${id}" is ${whose}`);
    return id;
  };
  const checked = (child: Envelope): Envelope => {
    checkDepth(tree);
    const text = envelopeText({
      ...child,
      source: child.source ?? parent.source,
      parentId: parent.id,
      depth,
      correlationId: child.correlationId ?? parent.correlationId ?? parent.id,
    });
    const parsed = text.ok ? parseOutgoing(text.value, kinds) : text;
    if (!parsed.ok) throw new EnqueueError(parsed.error.code, parsed.error.message);
    // The parsed copy: the handler may change its own objects later without changing the child.
    return parsed.value.envelope;
  };
  return {
    prepare: (child) => {
      const ready = checked({ ...child, ...(child.cost && { cost: shares.priced(child.cost) }) });
      shares.grant(ready.cost);
      return ready;
    },
    called: shares.called,
    enqueue: (child) => {
      if (children.length >= LIMITS.childrenMax)
        throw new EnqueueError('CHILDREN_MAX', `a job has at most ${LIMITS.childrenMax} children`);
      const unnamed = child.id === undefined && child.idempotencyKey === undefined;
      const ready = checked({
        ...child,
        ...(unnamed && { id: childId(parent.id, children.length + 1) }),
        ...(child.cost && { cost: shares.priced(child.cost) }),
      });
      const id = freeId(ready);
      shares.take(ready.cost);
      ids.add(id);
      children.push(ready);
      return id;
    },
    add: (more) => {
      children.push(...more.map((child) => ({ ...child, depth })));
    },
    shares: shares.all,
    outbox: async () => {
      const kept = await keepEnvelopes(parent.id, children, blobs);
      return {
        ...(kept.text !== undefined && { children: kept.text }),
        ...(kept.ref !== undefined && { childrenRef: kept.ref }),
      };
    },
  };
};

/** Keeps envelopes that are to be sent with a write: as text in the row, or in the bucket. */
export const keepEnvelopes = async (
  parentId: string,
  envelopes: readonly Envelope[],
  blobs: Blobs,
): Promise<{ readonly text?: string; readonly ref?: string }> => {
  if (envelopes.length === 0) return {};
  const checked = await Promise.all(envelopes.map((each) => claimCheck(each, blobs)));
  const text = JSON.stringify(checked);
  if (byteLength(text) <= LIMITS.resultInlineBytesMax) return { text };
  const ref = `${CHILDREN_PREFIX}${sha256(parentId)}/${sha256(text)}.json`;
  await blobs.put(ref, text);
  return { ref };
};

/** The envelopes of a completed job's children; undefined when they are no longer in the bucket. */
export const childrenOf = async (
  record: Outbox,
  blobs: Blobs,
): Promise<readonly Envelope[] | undefined> => {
  const { children, childrenRef } = record;
  const text = children ?? (childrenRef === undefined ? '[]' : await blobs.get(childrenRef));
  return text === undefined ? undefined : (JSON.parse(text) as Envelope[]);
};
