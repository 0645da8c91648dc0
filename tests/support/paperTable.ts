/**
 * A table on paper: it keeps what is written as it is on the wire, and gives it back. It checks no
 * condition and has no index.
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { tableClient } from '#shared/aws/tableClient.ts';
import { type Answer, dynamoOf } from './wire.ts';

export type WireItem = Readonly<Record<string, AttributeValue>>;
type Row = Record<string, AttributeValue>;

interface Write {
  readonly Key: WireItem;
  readonly Item: WireItem;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: WireItem;
}

interface Batch {
  readonly Keys?: readonly WireItem[];
  readonly PutRequest?: Write;
}

interface Input extends Write {
  readonly KeyConditionExpression: string;
  readonly TransactItems: readonly Readonly<Record<'Put' | 'Update' | 'Delete', Write>>[];
  readonly RequestItems: Readonly<Record<string, Batch & Iterable<Batch>>>;
}

export interface PaperTable {
  readonly dynamo: DynamoDBClient;
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  /** All there is, in the order in which it was made. */
  items(): readonly WireItem[];
}

/** At each sign that stands in no parentheses. */
const partsOf = (text: string, sign: string): readonly string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    depth += Number(character === '(') - Number(character === ')');
    if (character === sign && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts.map((part) => part.trim());
};

const numberOf = ({ N = '0' }: AttributeValue): bigint => BigInt(N);
const elementsOf = ({ SS, NS }: Partial<AttributeValue>): readonly string[] => SS ?? NS ?? [];
const setLike = ({ NS }: AttributeValue, elements: readonly string[]): AttributeValue =>
  NS ? { NS: [...elements] } : { SS: [...elements] };

const SIGNS = [
  ['+', 1n],
  ['-', -1n],
] as const;

/** What the update's words mean for one row. */
const sheet = (row: Row, { ExpressionAttributeNames: names = {}, ...write }: Write) => {
  const { ExpressionAttributeValues: values = {} } = write;

  const placeOf = (path: string): readonly [Row, string] => {
    const steps = path.split('.').map((step) => names[step] ?? step);
    const last = steps.pop() ?? '';
    return [steps.reduce((within: Row, step) => within[step]?.M ?? {}, row), last];
  };
  const read = (path: string): AttributeValue | undefined => {
    const [within, name] = placeOf(path);
    return within[name];
  };
  const sumIn = (side: string): AttributeValue | undefined => {
    for (const [sign, factor] of SIGNS) {
      const [one, other] = partsOf(side, sign);
      if (one === undefined || other === undefined) continue;
      return { N: String(numberOf(meantBy(one)) + factor * numberOf(meantBy(other))) };
    }
    return undefined;
  };
  const called = (side: string): AttributeValue | undefined => {
    const [, name, inner = ''] = /^(\w+)\((.*)\)$/.exec(side) ?? [];
    const [first = '', second = ''] = partsOf(inner, ',');
    if (name === 'if_not_exists') return read(first) ?? meantBy(second);
    if (name !== 'list_append') return undefined;
    return { L: [...(meantBy(first).L ?? []), ...(meantBy(second).L ?? [])] };
  };
  const meantBy = (side: string): AttributeValue =>
    sumIn(side) ?? called(side) ?? values[side] ?? read(side) ?? { NULL: true };
  const put = (path: string, value: AttributeValue | undefined): void => {
    const [within, name] = placeOf(path);
    if (value) within[name] = value;
    else delete within[name];
  };

  return {
    SET: (clause: string): void => {
      const [path = '', side = ''] = partsOf(clause, '=');
      put(path, meantBy(side));
    },
    REMOVE: (clause: string): void => put(clause, undefined),
    ADD: (clause: string): void => {
      const [path = '', side = ''] = clause.split(/\s+/);
      const [before, more] = [read(path), meantBy(side)];
      if (more.N !== undefined)
        put(path, { N: String(numberOf(before ?? { N: '0' }) + numberOf(more)) });
      else
        put(path, setLike(more, [...new Set([...elementsOf(before ?? {}), ...elementsOf(more)])]));
    },
    DELETE: (clause: string): void => {
      const [path = '', side = ''] = clause.split(/\s+/);
      const [before, less] = [read(path) ?? { SS: [] }, elementsOf(meantBy(side))];
      const left = elementsOf(before).filter((element) => !less.includes(element));
      put(path, left.length > 0 ? setLike(before, left) : undefined);
    },
  };
};

type Word = keyof ReturnType<typeof sheet>;

/** By partition, and by what sort keys begin with, where those are asked for. */
const asked = ({ KeyConditionExpression: condition, ...query }: Input) => {
  const { ExpressionAttributeValues: values = {} } = query;
  const [, name = ''] = /begins_with\(sk, (:\w+)\)/.exec(condition) ?? [];
  const [pk, prefix = ''] = [values[':pk']?.S, values[name]?.S];
  return (row: Row): boolean =>
    (pk === undefined || row['pk']?.S === pk) && (row['sk']?.S ?? '').startsWith(prefix);
};

/** @param given what is in it to begin with */
export const paperTable = (...given: readonly WireItem[]): PaperTable => {
  const rows = new Map<string, Row>();
  const keyOf = ({ pk, sk }: WireItem): string => `${pk?.S} ${sk?.S}`;
  const put = (item: WireItem): void => void rows.set(keyOf(item), structuredClone(item));
  given.forEach(put);

  const update = (write: Write): Row => {
    const row: Row = rows.get(keyOf(write.Key)) ?? { ...write.Key };
    const [, ...clauses] = write.UpdateExpression.split(/\b(SET|REMOVE|ADD|DELETE)\s/);
    const apply = sheet(row, write);
    for (let at = 0; at < clauses.length; at += 2)
      for (const clause of partsOf(clauses[at + 1] ?? '', ',')) apply[clauses[at] as Word](clause);
    rows.set(keyOf(row), row);
    return row;
  };
  const some = (keys: readonly WireItem[]): readonly Row[] =>
    keys.map((key) => rows.get(keyOf(key))).filter((row) => row !== undefined);

  const actions: Readonly<Record<string, (input: Input) => object>> = {
    PutItem: ({ Item }) => ({ Attributes: put(Item) }),
    UpdateItem: (write) => ({ Attributes: update(write) }),
    GetItem: ({ Key }) => ({ Item: some([Key])[0] }),
    TransactWriteItems: ({ TransactItems }) => {
      for (const { Put, Update, Delete } of TransactItems) {
        if (Put) put(Put.Item);
        if (Update) update(Update);
        if (Delete) rows.delete(keyOf(Delete.Key));
      }
      return {};
    },
    BatchWriteItem: ({ RequestItems }) => {
      for (const { PutRequest } of Object.values(RequestItems).flatMap((each) => [...each]))
        if (PutRequest) put(PutRequest.Item);
      return {};
    },
    BatchGetItem: ({ RequestItems }) => {
      const found = Object.entries(RequestItems).map(([name, { Keys = [] }]) => [name, some(Keys)]);
      return { Responses: Object.fromEntries(found) };
    },
    Query: (query) => ({ Items: [...rows.values()].filter(asked(query)) }),
    Scan: () => ({ Items: [...rows.values()] }),
  };
  const answer: Answer<Input> = ({ action, input }) => {
    const act = actions[action];
    if (!act) throw new Error(`a table on paper knows no ${action}`);
    return act(input);
  };
  const dynamo = dynamoOf(answer);
  return {
    dynamo,
    client: tableClient(dynamo),
    table: 'paper',
    items: () => structuredClone([...rows.values()]),
  };
};
