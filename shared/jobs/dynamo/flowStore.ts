/** Edges between jobs: `pk = JOB#<dependency>`, `sk = DEP#<dependant>`. */
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeAll } from '#shared/aws/itemBatches.ts';
import { TERMINAL } from '#shared/contracts/jobs.ts';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import type { Edge, FlowStore } from '../ports/jobs.ts';
import { isTerminal, type Status } from '../record/record.ts';
import type { StoreOptions } from './jobStore.ts';
import { readJobs, WIDTH } from './readJobs.ts';
import { jobKey, jobRecordOf } from './recordItems.ts';
import { blockerOf } from './updateExpressions.ts';

const EDGE = 'DEP#';
/** The id is not a field: it comes from the key `pk`. */
const STATUS_ONLY = {
  ProjectionExpression: 'pk, #status',
  ExpressionAttributeNames: { '#status': 'status' },
};

const edgeItem = (edge: Edge, expiresAt: number) => ({
  pk: jobKey(edge.dependency).pk,
  sk: `${EDGE}${edge.dependant}`,
  ordinal: edge.ordinal,
  onFailure: edge.onFailure,
  ...(edge.call && { call: true }),
  [JOBS_TTL]: expiresAt,
});

const TERMINALS = Object.fromEntries(TERMINAL.map((status) => [`:${status}`, status]));
const ENDED = `#status IN (${Object.keys(TERMINALS).join(', ')})`;

/**
 * Notes on a job that others wait for its end. A job without a row gets a stub with a TTL.
 * @param row whether the job has a row; a real row must not get the stub's TTL
 */
const note = (
  { client, table }: StoreOptions,
  dependency: string,
  expiresAt: number,
  row: boolean,
) =>
  client.send(
    new UpdateCommand({
      TableName: table,
      Key: jobKey(dependency),
      UpdateExpression: `SET dependants = :true${row ? '' : `, ${JOBS_TTL} = :expiresAt`}`,
      ConditionExpression: row
        ? `attribute_exists(#status) AND NOT ${ENDED}`
        : 'attribute_not_exists(#status)',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':true': true,
        ...(row ? TERMINALS : { ':expiresAt': expiresAt }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );

const refusedBy = async (write: Promise<unknown>): Promise<Status | 'absent' | undefined> => {
  try {
    await write;
    return undefined;
  } catch (error) {
    return blockerOf(error)?.status ?? 'absent';
  }
};

const awaitEnd = async (
  options: StoreOptions,
  dependency: string,
  expiresAt: number,
): Promise<Status | undefined> => {
  const first = await refusedBy(note(options, dependency, expiresAt, true));
  if (first !== 'absent') return first;
  const second = await refusedBy(note(options, dependency, expiresAt, false));
  // The job got its row in between, so the first request works now.
  if (second === undefined || second === 'absent') return undefined;
  return isTerminal(second) ? second : awaitEnd(options, dependency, expiresAt);
};

const edgesOf = async ({ client, table }: StoreOptions, dependency: string): Promise<Edge[]> => {
  const edges: Edge[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        // A new edge must be seen: the worker that wrote it may have died.
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :edge)',
        ExpressionAttributeValues: { ':pk': jobKey(dependency).pk, ':edge': EDGE },
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    for (const { sk, ordinal, onFailure, call } of page.Items ?? [])
      edges.push({
        dependency,
        dependant: String(sk).slice(EDGE.length),
        ordinal: Number(ordinal),
        onFailure: onFailure === 'run' ? 'run' : 'fail',
        ...(call === true && { call }),
      });
    from = page.LastEvaluatedKey;
  } while (from);
  return edges;
};

/** Edges in one Jobs table. */
export const createFlowStore = (options: StoreOptions): FlowStore => {
  const { client, table } = options;
  return {
    awaitEnd: (dependency, expiresAt) => awaitEnd(options, dependency, expiresAt),

    statuses: async (ids) => {
      const records = await readJobs(options, ids.map(jobKey), { projection: STATUS_ONLY });
      return new Map(
        records.flatMap(({ id, status }) => (status === undefined ? [] : [[id, status]])),
      );
    },

    addEdges: (edges, expiresAt) =>
      writeAll(
        options,
        edges.map((edge) => edgeItem(edge, expiresAt)),
        { width: WIDTH },
      ),

    edgesOf: (dependency) => edgesOf(options, dependency),

    fulfil: async (dependant, ordinals) => {
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: jobKey(dependant),
            UpdateExpression: 'DELETE #pending :ordinals',
            ConditionExpression: '#status = :waiting',
            ExpressionAttributeNames: { '#status': 'status', '#pending': 'pending' },
            ExpressionAttributeValues: {
              ':ordinals': new Set(ordinals),
              ':waiting': 'WAITING',
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return Attributes ? jobRecordOf(Attributes) : undefined;
      } catch (error) {
        blockerOf(error);
        return undefined;
      }
    },
  };
};
