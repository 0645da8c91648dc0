/**
 * DynamoDB with JavaScript values, by a short way. The SDK's own way takes twice the CPU: see
 * docs/decisions/0017.
 */

import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall, type unmarshallOptions } from '@aws-sdk/util-dynamodb';
import { constructStack } from '@smithy/core/client';
import { systemIds } from '#shared/kernel/ports.ts';
import { OPERATIONS, type WireFields } from './itemShapes.ts';
import { shortWay } from './shortWay.ts';

type SdkCommand = Parameters<DynamoDBClient['send']>[0];
/** What the SDK keeps in its commands, but does not tell the compiler. */
interface DocumentCommand {
  readonly input: object;
  readonly clientCommand?: {
    readonly constructor: new (input: object) => SdkCommand;
    readonly schema: readonly [kind: number, namespace: string, operation: string];
  };
}

/**
 * A client for items with JavaScript values; undefined fields are left out. Its middleware stack has
 * only what is added to it. Commands that are not about items go to the SDK as they are.
 *
 * @param sdk sends the first request, which tells the address, and what the short way cannot
 * @param reading how values are read, such as numbers
 */
export const tableClient = (
  sdk: DynamoDBClient,
  reading: unmarshallOptions = {},
): DynamoDBDocumentClient => {
  const ask = shortWay(sdk);
  const toItem = (values: unknown): unknown => marshall(values, { removeUndefinedValues: true });
  const ofItem = (item: unknown): unknown =>
    unmarshall(item as Record<string, AttributeValue>, reading);
  const turns = new Map(
    Object.entries(OPERATIONS).map(([operation, { asked, answered }]) => [
      operation,
      { asked: asked(toItem), answered: answered(ofItem) },
    ]),
  );
  const stack = constructStack<{ input: object }, object>();
  const send = (command: DocumentCommand): Promise<unknown> => {
    const { input, clientCommand } = command;
    const [, , operation = ''] = clientCommand?.schema ?? [];
    const turn = turns.get(operation);
    if (!clientCommand || !turn) return sdk.send(command as unknown as SdkCommand);
    const carry = async (args: { readonly input: object }) => {
      const items = turn.asked(args.input) as WireFields;
      // The SDK's retry, too, must carry the token of the first.
      const { ClientRequestToken = systemIds.next() } = items;
      const request = operation === 'TransactWriteItems' ? { ...items, ClientRequestToken } : items;
      const anew = () => sdk.send(new clientCommand.constructor(request));
      const answer = await ask(operation, request, anew);
      return { response: undefined, output: turn.answered(answer) as object };
    };
    const handler = stack.resolve(carry as never, {
      clientName: 'DynamoDBClient',
      commandName: `${operation}Command`,
    });
    return handler({ input } as never).then(({ output }) => output);
  };

  // The SDK's document client writes into the configuration: here it gets a copy.
  const copy = {
    config: { ...sdk.config },
    middlewareStack: sdk.middlewareStack,
  } as DynamoDBClient;
  return Object.assign(DynamoDBDocumentClient.from(copy), {
    middlewareStack: stack as never,
    send: send as never,
    destroy: () => sdk.destroy(),
  });
};
