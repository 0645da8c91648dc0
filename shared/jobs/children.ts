/** Jobs that a handler enqueues: they exist exactly if their parent completed. */
import { CHILDREN_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Kinds } from './defineJob.ts';
import { type Envelope, jobIdOf } from './envelope.ts';
import { EnqueueError } from './errors.ts';
import type { Funds } from './money.ts';
import { envelopeText, parseOutgoing } from './outgoing.ts';
import { claimCheck } from './payload.ts';
import type { Blobs } from './ports.ts';
import type { JobRecord, Settlement } from './record.ts';
import { createShares } from './shares.ts';
import type { Outbox } from './transitions.ts';

export interface Children {
  /** @returns the child's id, the same in every attempt. @throws EnqueueError */
  enqueue(child: Envelope): string;
  /** Adds children that the mesh itself made; their worker checks them. */
  add(children: readonly Envelope[]): void;
  /** What to write with the parent's completion. */
  outbox(): Promise<Outbox>;
  /** What of the parent's price they are paid with; undefined when none is. */
  shares(): Settlement['shares'];
}

export const childId = (parentId: string, which: number | string): string => {
  const id = `${parentId}.${which}`;
  return id.length <= LIMITS.idLengthMax ? id : sha256(id);
};

/** @param funds what the parent holds */
export const collectChildren = (
  parent: JobRecord,
  funds: Funds | undefined,
  kinds: Kinds,
  blobs: Blobs,
): Children => {
  const children: Envelope[] = [];
  const shares = createShares(parent, funds);
  return {
    enqueue: (child) => {
      if (children.length >= LIMITS.childrenMax)
        throw new EnqueueError('CHILDREN_MAX', `a job has at most ${LIMITS.childrenMax} children`);
      const unnamed = child.id === undefined && child.idempotencyKey === undefined;
      const envelope: Envelope = {
        ...child,
        ...(unnamed && { id: childId(parent.id, children.length + 1) }),
        source: child.source ?? parent.source,
        parentId: parent.id,
        correlationId: child.correlationId ?? parent.correlationId ?? parent.id,
        ...(child.cost && { cost: shares.priced(child.cost) }),
      };
      const text = envelopeText(envelope);
      const parsed = text.ok ? parseOutgoing(text.value, kinds) : text;
      if (!parsed.ok) throw new EnqueueError(parsed.error.code, parsed.error.message);
      shares.take(envelope.cost);
      children.push(envelope);
      return jobIdOf(envelope, '');
    },
    add: (more) => {
      children.push(...more);
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

/** The envelopes of a completed job's children; undefined when the bucket lost them. */
export const childrenOf = async (
  record: Outbox,
  blobs: Blobs,
): Promise<readonly Envelope[] | undefined> => {
  const { children, childrenRef } = record;
  const text = children ?? (childrenRef === undefined ? '[]' : await blobs.get(childrenRef));
  return text === undefined ? undefined : (JSON.parse(text) as Envelope[]);
};
