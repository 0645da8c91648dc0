/** The mesh of a deployment, as the bridge and the original's HTTP interface use it. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { resultOf } from '#shared/jobs/envelope/payload.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import type { BridgeMesh, BridgeRefusal } from '#shared/legacy/bridge/ports.ts';
import { sendItems } from '../commands/send.ts';
import { checkBody, kindsAt } from '../input/check.ts';
import type { Session } from '../session.ts';

/** A mesh that also tells beforehand what it takes. */
export interface KnownMesh extends BridgeMesh {
  /** Why the mesh would not take the job; undefined when it would. */
  check(envelope: Envelope): BridgeRefusal | undefined;
  /** Whether the mesh has the kind. */
  knows(kind: string): boolean;
}

/** @param by who decides that a job runs again, for its trace */
export const meshOf = async (session: Session, by: string): Promise<KnownMesh> => {
  const kinds = await kindsAt(session);
  return {
    get: (id) => session.store.get(id),
    check: (envelope) => {
      const checked = checkBody(JSON.stringify(envelope), kinds);
      return 'message' in checked ? checked : undefined;
    },
    send: async (envelope) => {
      const item = { where: envelope.id ?? '', body: JSON.stringify(envelope) };
      const { refused } = await sendItems([item], session);
      return refused[0];
    },
    again: async (record) => {
      const how = { by, reason: 'the original sent the job again', patch: undefined };
      const { refused } = await redrive([record], how, { ...session, kinds });
      return refused[0];
    },
    result: (record) => resultOf(record, session.blobs),
    knows: (kind) => kinds.has(kind),
  };
};
