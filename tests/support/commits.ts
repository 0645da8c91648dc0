/** The commits of shards that were carried out, in order, as the table's stream has them. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Committed } from '#shared/hosts/events/announce.ts';
import type { StateChange } from '#shared/hosts/probing/hostState.ts';

interface Update {
  readonly Key?: Readonly<Record<string, AttributeValue>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>>;
}

interface Stack {
  add(
    middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
    options: { step: 'serialize' },
  ): void;
}

/** Below any fault: what was carried out is seen, whether its sender hears of it or not. */
export const recordCommits = (client: { readonly middlewareStack: unknown }): Committed[] => {
  const commits: Committed[] = [];
  (client.middlewareStack as Stack).add(
    (next) => async (args) => {
      const answer = await next(args);
      const { Key, ExpressionAttributeValues = {} } = (args as { input: Update }).input;
      const list = ExpressionAttributeValues[':changes'];
      if (list && Key?.['sk']?.S === 'STATE') {
        const { changes } = unmarshall({ changes: list }) as { changes: readonly StateChange[] };
        commits.push({ shard: Key['pk']?.S?.slice(2) ?? '', changes });
      }
      return answer;
    },
    { step: 'serialize' },
  );
  return commits;
};
