/** Checks what the tables say: what is paused, late, overdue, or waits for a person. */
import type { Deployment } from '#client/deployment.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Session } from '../session.ts';
import { type Finding, okFinding, problem, warning } from './finding.ts';

const COUNTED_MAX = 1_000;
const WIDTH = 4;
/** A hold that is overdue for longer is a finding; the timekeeper ends holds every minute. */
const OVERDUE_MS = 180_000;
/**
 * A longer lag is a finding. The stream delivers blocks at once; what it loses, the timekeeper
 * finds within a minute.
 */
const LAG_MS = 300_000;

const many = (count: number): string =>
  count >= COUNTED_MAX ? `${COUNTED_MAX} or more` : String(count);

/** Finds what is paused, and a state other than OPERATIONAL. */
export const checkControl = async ({ control }: Deployment): Promise<readonly Finding[]> => {
  const { state, pausedQueues, pausedSources } = await control.get();
  const paused = [
    ...(state === 'PAUSED' ? ['everything'] : []),
    ...pausedQueues.map((name) => `queue ${name}`),
    ...pausedSources.map((name) => `source ${name}`),
  ];
  if (paused.length > 0)
    return [
      warning('state', `paused: ${paused.join(', ')}`, 'sheratan resume [--queue Q|--source S]'),
    ];
  if (state === 'OPERATIONAL') return [okFinding('state', state)];
  return [warning('state', state, 'sheratan state OPERATIONAL --reason TEXT, when it is over')];
};

/** Finds dead and quarantined jobs, and callbacks that were given up. */
export const checkAttention = async ({
  reader,
  deliveries,
}: Deployment): Promise<readonly Finding[]> => {
  const [dead, quarantined, callbacks] = await Promise.all([
    reader.attention('DEAD', COUNTED_MAX),
    reader.attention('QUARANTINED', COUNTED_MAX),
    deliveries.failed(COUNTED_MAX),
  ]);
  const found = [
    ...(dead.length > 0
      ? [warning('jobs', `${many(dead.length)} DEAD`, 'sheratan jobs; sheratan redrive --dry-run')]
      : []),
    ...(quarantined.length > 0
      ? [
          warning(
            'jobs',
            `${many(quarantined.length)} QUARANTINED`,
            'sheratan jobs; sheratan redrive ID --patch JSON',
          ),
        ]
      : []),
    ...(callbacks.length > 0
      ? [
          warning(
            'callbacks',
            `${many(callbacks.length)} given up`,
            'sheratan callbacks failed; sheratan callbacks replay --failed',
          ),
        ]
      : []),
  ];
  return found.length > 0 ? found : [okFinding('jobs', 'none waits for a person')];
};

/**
 * Finds jobs that come back for a fault of the mesh. A passing fault is retried; a lasting fault is
 * shown until the job moves on.
 */
export const checkUndecided = async ({ faults }: Deployment): Promise<readonly Finding[]> => {
  const found = await faults.list(COUNTED_MAX);
  const [newest] = found;
  if (!newest) return [okFinding('undecided', 'no message comes back for a fault of the mesh')];
  const detail = `${many(found.length)} jobs come back for a fault of the mesh; the newest is ${newest.id}: ${newest.message}`;
  return [problem('undecided', detail, `sheratan why ${newest.id}; look at the worker's log`)];
};

interface LaneFound {
  readonly behind: number;
  /** How long the first of these blocks has waited, in ms. */
  readonly lagMs: number;
  readonly overdue: number;
}

const lookAtLane = async (lane: number, { ledger, clock }: Session): Promise<LaneFound> => {
  const now = clock.now();
  // The cursor is read first: blocks that are written in between must not look late.
  const cursor = await ledger.entries.cursor(lane);
  const [head, holds] = await Promise.all([
    ledger.store.head(lane),
    ledger.holds.expired(lane, now - OVERDUE_MS, COUNTED_MAX),
  ]);
  const behind = head.seq - cursor.seq;
  const found = { behind, lagMs: 0, overdue: holds.length };
  if (behind === 0) return found;
  const first = await ledger.reader.block(lane, cursor.seq + 1);
  return { ...found, lagMs: now - (first?.at ?? now) };
};

/** Finds entries that are far behind the journal, and overdue holds. */
export const checkLedger = async (session: Session): Promise<readonly Finding[]> => {
  const all = Array.from({ length: session.ledger.lanes }, (_, lane) => lane);
  const found = await mapPool(all, WIDTH, (lane) => lookAtLane(lane, session));
  const behind = found.reduce((sum, lane) => sum + lane.behind, 0);
  const overdue = found.reduce((sum, lane) => sum + lane.overdue, 0);
  const lagMs = Math.max(...found.map((lane) => lane.lagMs));
  const findings = [
    ...(behind > LIMITS.ledgerCheckpointBlocks || lagMs > LAG_MS
      ? [
          problem(
            'ledger',
            `its statements are ${behind} blocks and ${Math.round(lagMs / 1_000)} s behind its journal`,
            'look at the logs of the snapshotter and the timekeeper; sheratan ledger verify',
          ),
        ]
      : []),
    ...(overdue > 0
      ? [
          problem(
            'holds',
            `${many(overdue)} should have ended by now`,
            'look at the logs of the timekeeper, which ends them every minute',
          ),
        ]
      : []),
  ];
  return findings.length > 0
    ? findings
    : [okFinding('ledger', `${behind} blocks behind, none overdue`)];
};
