/** TransactionConflict, which DynamoDB Local never raises: an item in two requests at the same time. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';

interface Action {
  readonly Key?: Readonly<Record<string, unknown>>;
  readonly Item?: Readonly<Record<string, unknown>>;
}

type Actions = readonly Readonly<Record<string, Action>>[];

interface Args {
  readonly input: { readonly TransactItems?: Actions };
}

interface Stack {
  add(
    middleware: (next: (args: Args) => Promise<unknown>) => (args: Args) => Promise<unknown>,
    options: { step: 'initialize'; priority: 'low' },
  ): void;
}

const nameOf = (action: Readonly<Record<string, Action>>): string => {
  const [of] = Object.values(action);
  const { pk, sk } = of?.Key ?? of?.Item ?? {};
  return `${pk}|${sk}`;
};

/** @returns how many transactions were cancelled so far */
export const raiseConflicts = (client: { readonly middlewareStack: unknown }): (() => number) => {
  const inFlight = new Set<string>();
  let cancelled = 0;
  (client.middlewareStack as Stack).add(
    (next) => async (args) => {
      const names = (args.input.TransactItems ?? []).map(nameOf);
      if (names.some((name) => inFlight.has(name))) {
        cancelled += 1;
        throw new TransactionCanceledException({
          $metadata: {},
          message: 'Transaction cancelled',
          CancellationReasons: names.map((name) => ({
            Code: inFlight.has(name) ? 'TransactionConflict' : 'None',
          })),
        });
      }
      for (const name of names) inFlight.add(name);
      try {
        return await next(args);
      } finally {
        for (const name of names) inFlight.delete(name);
      }
    },
    { step: 'initialize', priority: 'low' },
  );
  return () => cancelled;
};
