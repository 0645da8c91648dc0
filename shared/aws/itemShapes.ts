/** Where items are in requests and answers of DynamoDB, and how their bytes are written in JSON. */

/** An object whose fields are not known. */
export type WireFields = Readonly<Record<string, unknown>>;
/** Turns the items within a request or an answer. */
type Turn = (value: unknown) => unknown;
type Shape = (item: Turn) => Turn;

const ITEM: Shape = (item) => item;
const listOf =
  (shape: Shape): Shape =>
  (item) => {
    const turn = shape(item);
    return (values) => (values as readonly unknown[]).map(turn);
  };
/** Of an object whose names are free, such as those of tables. */
const eachOf =
  (shape: Shape): Shape =>
  (item) => {
    const turn = shape(item);
    return (values) => {
      const entries = Object.entries(values as WireFields);
      return Object.fromEntries(entries.map(([name, value]) => [name, turn(value)]));
    };
  };
/** Of an object: what is not named stays as it is. */
const fieldsOf =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (item) => {
    const turns = Object.entries(shapes).map(([name, shape]) => [name, shape(item)] as const);
    return (value) => {
      const fields: Record<string, unknown> = { ...(value as WireFields) };
      for (const [name, turn] of turns)
        if (fields[name] !== undefined) fields[name] = turn(fields[name]);
      return fields;
    };
  };

const ACTION = fieldsOf({ Key: ITEM, Item: ITEM, ExpressionAttributeValues: ITEM });
const PAGE = {
  asked: fieldsOf({ ExclusiveStartKey: ITEM, ExpressionAttributeValues: ITEM }),
  answered: fieldsOf({ Items: listOf(ITEM), LastEvaluatedKey: ITEM }),
};
const ONE = { asked: ACTION, answered: fieldsOf({ Item: ITEM, Attributes: ITEM }) };
const KEYS = eachOf(fieldsOf({ Keys: listOf(ITEM) }));
const WRITES = eachOf(listOf(eachOf(ACTION)));
const ACTIONS = fieldsOf({ TransactItems: listOf(eachOf(ACTION)) });

/** Where items are in the requests and answers that go the short way. */
export const OPERATIONS: Readonly<
  Record<string, { readonly asked: Shape; readonly answered: Shape }>
> = {
  GetItem: ONE,
  PutItem: ONE,
  UpdateItem: ONE,
  DeleteItem: ONE,
  Query: PAGE,
  Scan: PAGE,
  BatchGetItem: {
    asked: fieldsOf({ RequestItems: KEYS }),
    answered: fieldsOf({ Responses: eachOf(listOf(ITEM)), UnprocessedKeys: KEYS }),
  },
  BatchWriteItem: {
    asked: fieldsOf({ RequestItems: WRITES }),
    answered: fieldsOf({ UnprocessedItems: WRITES }),
  },
  TransactGetItems: {
    asked: ACTIONS,
    answered: fieldsOf({ Responses: listOf(fieldsOf({ Item: ITEM })) }),
  },
  TransactWriteItems: { asked: ACTIONS, answered: fieldsOf({}) },
};

const bytesIn = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
/** The name of an attribute's type may be the name of an attribute, too: its value is no text then. */
const bytesOf = (name: string, value: unknown): unknown => {
  const read = (text: unknown) => Uint8Array.from(Buffer.from(String(text), 'base64'));
  if (name === 'B' && typeof value === 'string') return read(value);
  return name === 'BS' && Array.isArray(value) ? value.map(read) : value;
};
/** What an answer says; bytes are bytes. */
export const parseAnswer = (text: string): WireFields =>
  JSON.parse(text, /"BS?":/.test(text) ? bytesOf : undefined) as WireFields;

/** A request in JSON; bytes are in base64. */
export const requestText = (request: unknown): string => JSON.stringify(request, bytesIn);
