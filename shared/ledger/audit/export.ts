/**
 * A ledger as JSON lines: the number of lanes, the blocks lane by lane, the accounts, and a last
 * line that counts blocks and accounts. By the last line a reader knows an export that was cut
 * short.
 */
import { type Block, genesis, type Head } from '../core/blocks.ts';
import type { Account } from '../core/types.ts';
import type { CopySource } from './replica.ts';

/**
 * An export cannot be read. `EXPORT_INVALID`: a line is not of an export. `EXPORT_CUT_SHORT`: the
 * last line is missing, or its counts are others.
 */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  readonly code: 'EXPORT_INVALID' | 'EXPORT_CUT_SHORT';
  constructor(code: ExportError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

interface Counts {
  readonly blocks: number;
  readonly accounts: number;
}

type Line =
  | Block
  | { readonly lanes: number }
  | { readonly account: Account }
  | { readonly end: Counts };

/** A block without other fields: its hash, and what the hash covers. */
const blockLine = ({ lane, seq, previous, hash, at, text }: Block): Block => ({
  lane,
  seq,
  previous,
  hash,
  at,
  text,
});

const textOf = (lines: readonly Line[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Yields the export as text, some lines at a time. @returns how many blocks and accounts it has */
export async function* exportLedger(
  source: CopySource,
  lanes: number,
): AsyncGenerator<string, Counts> {
  yield textOf([{ lanes }]);
  let [blocks, accounts] = [0, 0];
  for (let lane = 0; lane < lanes; lane += 1)
    for await (const some of source.blocks(lane, 0)) {
      blocks += some.length;
      yield textOf(some.map(blockLine));
    }
  // An account is opened before a block names it: accounts that are read now are complete.
  for await (const page of source.accounts()) {
    accounts += page.length;
    yield textOf(page.map((account) => ({ account })));
  }
  yield textOf([{ end: { blocks, accounts } }]);
  return { blocks, accounts };
}

/** Reads the lines of an export. Each call starts at the first line. */
export type ReadLines = () => AsyncIterable<string>;

const lineOf = (text: string, number: number): Line => {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    const why = `line ${number} is no JSON: ${String(error)}; export anew`;
    throw new ExportError('EXPORT_INVALID', why);
  }
  if (typeof line === 'object' && line !== null) return line as Line;
  throw new ExportError('EXPORT_INVALID', `line ${number} is no line of an export of a ledger`);
};

async function* parsed(readLines: ReadLines): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of readLines()) {
    number += 1;
    yield lineOf(text, number);
  }
}

interface Contents {
  readonly lanes: number;
  readonly heads: ReadonlyMap<number, Head>;
}

const checkEnd = (found: Counts, end: Counts | undefined): void => {
  if (end && end.blocks === found.blocks && end.accounts === found.accounts) return;
  const told = end ? `${end.blocks} and ${end.accounts} by its end` : 'it has no end';
  throw new ExportError(
    'EXPORT_CUT_SHORT',
    `the export has ${found.blocks} blocks and ${found.accounts} accounts, ${told}; export anew`,
  );
};

const contentsOf = async (readLines: ReadLines): Promise<Contents> => {
  const heads = new Map<number, Head>();
  const found = { blocks: 0, accounts: 0 };
  let lanes: number | undefined;
  let end: Counts | undefined;
  for await (const line of parsed(readLines)) {
    if ('lanes' in line) lanes = line.lanes;
    else if ('end' in line) end = line.end;
    else if ('account' in line) found.accounts += 1;
    else {
      found.blocks += 1;
      heads.set(line.lane, line);
    }
  }
  if (lanes === undefined)
    throw new ExportError('EXPORT_INVALID', 'the first line does not say how many lanes there are');
  checkEnd(found, end);
  return { lanes, heads };
};

const PAGE = 100;

async function* inPages<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/**
 * Reads the whole export once to check it, and offers the export as a source of copies. Each call
 * of the source reads the lines from the first on.
 * @throws ExportError EXPORT_INVALID when a line is not of an export, EXPORT_CUT_SHORT when the
 * export is not whole
 */
export const readExport = async (
  readLines: ReadLines,
): Promise<{ readonly lanes: number; readonly source: CopySource }> => {
  const { lanes, heads } = await contentsOf(readLines);
  async function* blocksOf(lane: number, seq: number): AsyncGenerator<Block> {
    for await (const line of parsed(readLines))
      if ('seq' in line && line.lane === lane && line.seq > seq) yield line;
  }
  async function* accounts(): AsyncGenerator<Account> {
    for await (const line of parsed(readLines)) if ('account' in line) yield line.account;
  }
  const source: CopySource = {
    blocks: (lane, seq) => inPages(blocksOf(lane, seq)),
    head: (lane) => Promise.resolve(heads.get(lane) ?? genesis(lane)),
    accounts: () => inPages(accounts()),
  };
  return { lanes, source };
};
