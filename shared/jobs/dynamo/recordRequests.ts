/** The requests of the job store: their expressions and conditions. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { ClaimRequest } from '../record/claimOutcome.ts';
import { isTerminal, type JobRecord, type Lease, type Repeat } from '../record/record.ts';

import type { Transition } from '../record/transitions.ts';
import { itemOf, jobKey, repeatText } from './recordItems.ts';
import { assignments } from './updateExpressions.ts';

/** The condition on a row under which a write applies. */
export interface Guard {
  readonly condition: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Fields that are no longer true once an attempt runs. */
const CLEARED =
  'attention, expiresAt, #error, dueAt, due, receipt, notBefore, halted, calls, callsRef, dropped, awaiting';

/** Conditions of the rows that a claim may take. */
const OPEN = [
  'attempt < :max AND #status = :retrying AND dueAt <= :now',
  'attempt < :max AND #status IN (:scheduled, :limited) AND dueAt <= :now',
  '#status = :waiting AND attribute_not_exists(pending) AND (attribute_not_exists(notBefore) OR notBefore <= :now)',
];

const openGuard = ({ attemptsMax, fresh }: ClaimRequest): Guard => {
  const known = `contentHash = :hash AND attribute_not_exists(cancelRequest) AND (${OPEN.join(' OR ')})`;
  return {
    // A refused job never ran, so its sender may fix it and send it again under the same id.
    condition: fresh
      ? `attribute_not_exists(#status) OR #status = :quarantined OR (${known})`
      : known,
    values: {
      ':retrying': 'RETRYING',
      ':scheduled': 'SCHEDULED',
      ':limited': 'LIMITED',
      ':waiting': 'WAITING',
      ...(fresh && { ':quarantined': 'QUARANTINED' }),
      ':max': attemptsMax,
      ':zero': 0,
      ':one': 1,
    },
  };
};

/** The condition that the row is still as the lost attempt left it. */
const lostGuard = (
  now: number,
  { leaseId, attempt }: NonNullable<ClaimRequest['over']>,
): Guard => ({
  condition:
    'contentHash = :hash AND attribute_not_exists(cancelRequest) AND #status = :running AND leaseId = :lost AND leaseUntil < :expired',
  values: { ':lost': leaseId, ':expired': now - LIMITS.clockSkewMs, ':attempt': attempt },
});

/** Claims an attempt: makes or takes the row, counts the attempt, and writes the lease. */
export const claimInput = (table: string, request: ClaimRequest) => {
  const { now, leaseId, leaseUntil, by, beside, over, ...more } = request;
  const { attemptsMax: _max, fresh: _fresh, ...facts } = more;
  const { id, createdAt, messageId, contentHash, ...rest } = facts;
  const fixed = Object.entries(rest).filter(([, value]) => value !== undefined);
  const guard = over ? lostGuard(now, over) : openGuard(request);
  const attempt = over ? ':attempt' : 'if_not_exists(attempt, :zero) + :one';
  return {
    TableName: table,
    Key: jobKey(id),
    UpdateExpression: [
      `SET #status = :running, attempt = ${attempt}`,
      'leaseId = :leaseId, leaseUntil = :leaseUntil, updatedAt = :now, contentHash = :hash',
      'createdAt = if_not_exists(createdAt, :createdAt), messageId = if_not_exists(messageId, :messageId)',
      'history = list_append(if_not_exists(history, :none), :claimed)',
      `${fixed.map(([name]) => `#${name} = :${name}`).join(', ')} REMOVE ${CLEARED}`,
    ].join(', '),
    ConditionExpression: guard.condition,
    ExpressionAttributeNames: {
      '#status': 'status',
      '#error': 'error',
      ...Object.fromEntries(fixed.map(([name]) => [`#${name}`, name])),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(fixed.map(([name, value]) => [`:${name}`, value])),
      ...guard.values,
      ':running': 'RUNNING',
      ':none': [],
      ':leaseId': leaseId,
      ':leaseUntil': leaseUntil,
      ':now': now,
      ':createdAt': createdAt,
      ':messageId': messageId,
      ':hash': contentHash,
      ':claimed': [{ at: now, event: 'claimed', by, ...(beside > 0 && { beside }) }],
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

/** The condition that the row still has the lease; its values come from {@link fenceValues}. */
export const FENCE = '#status = :running AND attempt = :heldAttempt AND leaseId = :heldLease';
/**
 * The fence of a transition. A job that was asked to end must not wait first: nobody would look at
 * the request before the wait is over.
 */
export const fenceFor = ({ to, remove }: Transition): string =>
  isTerminal(to) || remove.includes('cancelRequest')
    ? FENCE
    : `${FENCE} AND attribute_not_exists(cancelRequest)`;
/** The values of {@link FENCE}. */
export const fenceValues = ({ attempt, leaseId }: Lease) => ({
  ':running': 'RUNNING',
  ':heldAttempt': attempt,
  ':heldLease': leaseId,
});

/** Writes a transition to a row that satisfies the guard. */
export const updateInput = (table: string, id: string, change: Transition, guard: Guard) => {
  const { ExpressionAttributeNames, ExpressionAttributeValues, UpdateExpression } = assignments(
    { status: change.to, ...change.set },
    change.remove,
  );
  return {
    TableName: table,
    Key: jobKey(id),
    UpdateExpression,
    ConditionExpression: guard.condition,
    ExpressionAttributeNames: { ...ExpressionAttributeNames, '#status': 'status' },
    ExpressionAttributeValues: { ...ExpressionAttributeValues, ...guard.values },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

/** Fields that an earlier refusal of the same id may have left. */
const CREATED_CLEARS = ['attention', 'expiresAt', 'error', 'envelope', 'envelopeRef'] as const;

/** Makes a row. An existing row of refused input may be replaced. */
export const createInput = (table: string, record: JobRecord) => {
  const { pk: _pk, sk: _sk, ...fields } = itemOf(record);
  const input = assignments(fields, CREATED_CLEARS);
  // A fixed job replaces refused input. Refused input replaces only itself: no body is lost.
  const replaceable =
    record.status === 'QUARANTINED'
      ? '(#status = :quarantined AND messageId = :messageId)'
      : '#status = :quarantined';
  return {
    TableName: table,
    Key: jobKey(record.id),
    ...input,
    ConditionExpression: `attribute_not_exists(#status) OR ${replaceable}`,
    ExpressionAttributeValues: {
      ...input.ExpressionAttributeValues,
      ':quarantined': 'QUARANTINED',
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

/** Notes another message. The notes are a set, so they bear other writers and repeated notes. */
export const noteInput = (table: string, id: string, repeat: Repeat) => {
  const text = repeatText(repeat);
  return {
    TableName: table,
    Key: jobKey(id),
    UpdateExpression: 'ADD repeats :one',
    ConditionExpression:
      'attribute_exists(#status) AND (attribute_not_exists(repeats) OR size(repeats) < :most OR contains(repeats, :text))',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':one': new Set([text]),
      ':text': text,
      ':most': LIMITS.repeatsKept,
    },
  } as const;
};
