/** The commits of shards that were carried out, in order, as the table's stream has them. */
import type { Committed } from '#shared/hosts/events/announce.ts';
import type { StateChange } from '#shared/hosts/probing/hostState.ts';

interface Update {
  readonly Key?: { readonly pk: string; readonly sk: string };
  readonly ExpressionAttributeValues?: { readonly ':changes'?: readonly StateChange[] };
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
      const { ':changes': changes } = ExpressionAttributeValues;
      if (changes && Key?.sk === 'STATE') commits.push({ shard: Key.pk.slice(2), changes });
      return answer;
    },
    { step: 'serialize' },
  );
  return commits;
};
