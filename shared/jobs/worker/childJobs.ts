/** Jobs that a handler enqueues. They are sent if, and only if, their parent completes. */

import { createShares } from '#shared/billing/childShares.ts';
import type { JobFunds } from '#shared/billing/ports.ts';
import { CHILDREN_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Envelope, jobIdOf } from '../envelope/envelope.ts';
import { envelopeText, parseOutgoing } from '../envelope/outgoing.ts';
import { claimCheck } from '../envelope/payload.ts';
import type { Kinds } from '../kinds/defineJob.ts';
import { EnqueueError } from '../kinds/errors.ts';
import type { Blobs } from '../ports/jobs.ts';
import type { JobRecord, Settlement } from '../record/record.ts';
import type { Outbox } from '../record/transitions.ts';

/** The children of one attempt, collected until its end. */
export interface Children {
  /**
   * Checks a child and adds it. Returns the child's id, which is the same in every attempt.
   * @throws EnqueueError TREE_TOO_DEEP, CHILDREN_MAX, CHILD_ID_TAKEN, a code of the envelope's
   * check, or a code of the shares when the parent's hold cannot pay the child
   */
  enqueue(child: Envelope): string;
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

/**
 * The id of a child that has no id of its own: the same in every attempt of its parent.
 * @param which the child's number, from 1, or a word
 */
export const childId = (parentId: string, which: number | string): string => {
  const id = `${parentId}.${which}`;
  return id.length <= LIMITS.idLengthMax ? id : sha256(id);
};

/**
 * Collects the children of one attempt.
 * @param funds the hold from which the parent may pay its children
 */
export const collectChildren = (
  tree: Tree,
  funds: JobFunds | undefined,
  kinds: Kinds,
  blobs: Blobs,
): Children => {
  const { parent } = tree;
  const depth = tree.depth + 1;
  const children: Envelope[] = [];
  const ids = new Set([parent.id]);
  const shares = createShares(parent, funds);
  /** A second job under one id would never run, and nobody would be told. */
  const freeId = (child: Envelope): string => {
    const id = jobIdOf(child, '');
    const whose = id === parent.id ? "this job's own" : "another of its children's";
    if (ids.has(id)) throw new EnqueueError('CHILD_ID_TAKEN', `id: "${id}" is ${whose}`);
    return id;
  };
  return {
    enqueue: (child) => {
      if (children.length >= LIMITS.childrenMax)
        throw new EnqueueError('CHILDREN_MAX', `a job has at most ${LIMITS.childrenMax} children`);
      checkDepth(tree);
      const unnamed = child.id === undefined && child.idempotencyKey === undefined;
      const envelope: Envelope = {
        ...child,
        ...(unnamed && { id: childId(parent.id, children.length + 1) }),
        source: child.source ?? parent.source,
        parentId: parent.id,
        depth,
        correlationId: child.correlationId ?? parent.correlationId ?? parent.id,
        ...(child.cost && { cost: shares.priced(child.cost) }),
      };
      const text = envelopeText(envelope);
      const parsed = text.ok ? parseOutgoing(text.value, kinds) : text;
      if (!parsed.ok) throw new EnqueueError(parsed.error.code, parsed.error.message);
      // The parsed copy: the handler may change its own objects later without changing the child.
      const ready = parsed.value.envelope;
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
      if (children.length === 0) return {};
      const checked = await Promise.all(children.map((child) => claimCheck(child, blobs)));
      const text = JSON.stringify(checked);
      if (byteLength(text) <= LIMITS.resultInlineBytesMax) return { children: text };
      const childrenRef = `${CHILDREN_PREFIX}${sha256(parent.id)}/${sha256(text)}.json`;
      await blobs.put(childrenRef, text);
      return { childrenRef };
    },
  };
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
