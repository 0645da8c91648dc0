/** Jobs that a handler enqueues: they exist exactly if their parent completed. */
import { CHILDREN_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Kinds } from './defineJob.ts';
import { type Envelope, jobIdOf, parseEnvelope } from './envelope.ts';
import { claimCheck } from './payload.ts';
import type { Blobs } from './ports.ts';
import type { JobRecord } from './record.ts';
import type { Outbox } from './transitions.ts';

/** The envelope given to `ctx.enqueue` is none that could run. */
export class EnqueueError extends Error {
  override readonly name = 'EnqueueError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`enqueue: ${message}`);
    this.code = code;
  }
}

export interface Children {
  /** @returns the child's id, the same in every attempt. @throws EnqueueError */
  enqueue(child: Envelope): string;
  /** Adds children that the mesh itself made; their worker checks them. */
  add(children: readonly Envelope[]): void;
  /** What to write with the parent's completion. */
  outbox(): Promise<Outbox>;
}

const childId = (parentId: string, ordinal: number): string => {
  const id = `${parentId}.${ordinal}`;
  return id.length <= LIMITS.idLengthMax ? id : sha256(id);
};

export const collectChildren = (parent: JobRecord, kinds: Kinds, blobs: Blobs): Children => {
  const children: Envelope[] = [];
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
      };
      const parsed = parseEnvelope(JSON.stringify(envelope), kinds);
      const tooLarge = !parsed.ok && parsed.error.code === 'TOO_LARGE';
      if (!parsed.ok && !tooLarge) throw new EnqueueError(parsed.error.code, parsed.error.message);
      children.push(envelope);
      return jobIdOf(envelope, '');
    },
    add: (more) => {
      children.push(...more);
    },
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

/** The envelopes of a completed job's children. */
export const childrenOf = async (record: Outbox, blobs: Blobs): Promise<readonly Envelope[]> => {
  const { children, childrenRef } = record;
  const text = children ?? (childrenRef === undefined ? '[]' : await blobs.get(childrenRef));
  if (text === undefined) throw new Error(`the bucket holds no children at ${childrenRef}`);
  return JSON.parse(text) as Envelope[];
};
