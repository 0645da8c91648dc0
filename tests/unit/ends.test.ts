/** Which states end a job: one list, of which every part of the mesh is made. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '#client/deployment.ts';
import { JobFailedError } from '#client/errors.ts';
import { type Mesh, meshOn } from '#client/mesh.ts';
import { ATTENTION, PENDING, STATUSES, type Status, TERMINAL } from '#shared/contracts/jobs.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';

const ROW: JobRecord = {
  id: 'a',
  kind: 'echo',
  status: 'RUNNING',
  attempt: 1,
  createdAt: 1,
  updatedAt: 1,
  messageId: 'm',
  priority: 'normal',
  group: 'g',
  source: 'default',
  contentHash: 'h',
  history: [],
  result: '"done"',
};
const JOB = { id: 'a', kind: 'echo' };

let row: JobRecord;
let mesh: Mesh;
beforeEach(() => {
  mesh = meshOn({ store: { get: async () => row } } as unknown as Deployment);
});

describe('the states of a job', () => {
  it('are one list without repetition', () => {
    expect(new Set(STATUSES).size).toBe(STATUSES.length);
    expect(STATUSES.filter((status) => isTerminal(status))).toEqual(TERMINAL);
    expect(STATUSES.filter((status) => !isTerminal(status))).toEqual(['RUNNING', ...PENDING]);
    expect(ATTENTION.every((status) => isTerminal(status))).toBe(true);
  });
});

describe('who waits for a job', () => {
  const open = STATUSES.filter((status) => !isTerminal(status));

  it.each(TERMINAL)(
    'is answered as soon as it is %s, whatever else its row says',
    async (status) => {
      for (const over of [{ expiresAt: 1 }, {}]) {
        row = { ...ROW, status, ...over };
        expect(await mesh.waitFor([JOB], { timeoutSeconds: 5 })).toEqual([row]);
      }
    },
  );

  it.each(open)('waits on while it is %s', async (status: Status) => {
    row = { ...ROW, status };
    const waiting = mesh.waitFor([JOB], { timeoutSeconds: 0.01 });
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_ENDED' });
  });

  it('is told that a job is dead which holds its group, at once', async () => {
    const error = { code: 'HTTP_500', message: 'no', attempt: 1, at: 1 };
    row = { ...ROW, status: 'DEAD', halted: true, error };
    const failed = await mesh.result(JOB, { timeoutSeconds: 60 }).catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(JobFailedError);
    expect(failed).toMatchObject({ code: 'HTTP_500', job: { halted: true } });
  });
});
