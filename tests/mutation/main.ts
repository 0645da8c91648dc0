/** `npm run mutants`: takes the conditions of the ledger's writes away, one at a time; some test must fail. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const LANES = 'shared/ledger/dynamo/lanes.ts';
const HOLDS = 'shared/ledger/dynamo/holds.ts';
/** A value that a condition names must stay named: DynamoDB refuses what is not used. */
const either = (condition: string, negation: string): string => `(${condition} OR ${negation})`;

const MUTANTS: readonly Mutant[] = [
  {
    name: 'the head is as it was',
    file: LANES,
    from: "seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :p AND h = :ph'",
    to: `seq === 0 ? 'attribute_not_exists(zz)' : '${either('seq = :p', 'seq <> :p OR h <> :ph')}'`,
  },
  {
    name: 'the block is new',
    file: LANES,
    from: "    Item: blockItem(block, count),\n    ConditionExpression: 'attribute_not_exists(pk)',",
    to: '    Item: blockItem(block, count),',
  },
  {
    name: 'enough is available',
    file: LANES,
    from: "['av >= :need']",
    to: `['${either('av >= :need', 'av < :need')}']`,
  },
  {
    name: 'the account is open',
    file: LANES,
    from: "(mayBeClosed ? [] : ['attribute_not_exists(closed)'])",
    to: '[]',
  },
  {
    name: 'the transfer is new',
    file: LANES,
    from: "Item, ConditionExpression: 'attribute_not_exists(pk)', ...OLD }",
    to: 'Item }',
  },
  {
    name: 'the hold can be drawn on',
    file: LANES,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source as it is written
    from: "`st = :pending AND x > :now AND l ${closes ? '=' : '>='} :gone`",
    to: `'${either('st = :pending', 'st <> :pending')} AND ${either('x > :now', 'x <= :now')} AND ${either('l = :gone', 'l <> :gone')}'`,
  },
  {
    name: 'there is enough to hold',
    file: HOLDS,
    from: "guarded ? ['av >= :a', open] : [open]",
    to: '[open]',
  },
  {
    name: 'the held account is open',
    file: HOLDS,
    from: "guarded ? ['av >= :a', open] : [open]",
    to: "guarded ? ['av >= :a'] : []",
  },
  {
    name: 'the hold is new',
    file: HOLDS,
    from: "          Item: holdItem(hold),\n          ConditionExpression: 'attribute_not_exists(pk)',",
    to: '          Item: holdItem(hold),',
  },
  {
    name: 'the parent hold has enough',
    file: HOLDS,
    from: "'st = :pending AND x > :now AND l >= :a'",
    to: `'${either('st = :pending', 'st <> :pending')} AND ${either('x > :now', 'x <= :now')} AND ${either('l >= :a', 'l < :a')}'`,
  },
  {
    name: 'the hold has not ended',
    file: HOLDS,
    from: "'st = :pending AND l = :left'",
    to: `'${either('st = :pending', 'st <> :pending')} AND ${either('l = :left', 'l <> :left')}'`,
  },
  {
    name: 'the cursor is where it was',
    file: 'shared/ledger/dynamo/entries.ts',
    from: "from.seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :from'",
    to: `from.seq === 0 ? 'attribute_not_exists(zz)' : '${either('seq = :from', 'seq <> :from')}'`,
  },
  {
    name: 'a refusal is found on what was just read',
    file: 'shared/ledger/group.ts',
    from: '  if (fresh.length > 0) return units;\n',
    to: '',
  },
  {
    name: 'the account is new',
    file: 'shared/ledger/dynamo/accounts.ts',
    from: "          ConditionExpression: 'attribute_not_exists(pk)',\n",
    to: '',
  },
];

const TESTS = ['ledger', 'ledgerJournal'].map((name) => `tests/integration/${name}.test.ts`);

const survives = (root: string, { name, file, from, to }: Mutant): boolean => {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} does not have what "${name}" changes`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'integration', '--bail', '1', ...TESTS];
  const { status } = spawnSync(process.execPath, args, { cwd: root, timeout: 300_000 });
  writeFileSync(path, source);
  return status === 0;
};

const root = join(mkdtempSync(join(tmpdir(), 'sheratan-mutants-')), 'tree');
execFileSync('git', ['worktree', 'add', '--quiet', '--detach', root]);
try {
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  let survivors = 0;
  for (const mutant of MUTANTS) {
    const alive = survives(root, mutant);
    if (alive) survivors += 1;
    console.log(`${alive ? 'SURVIVED' : 'killed'}  without "${mutant.name}"`);
  }
  console.log(`${MUTANTS.length - survivors} of ${MUTANTS.length} killed`);
  process.exitCode = survivors > 0 ? 1 : 0;
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', root]);
  rmSync(join(root, '..'), { recursive: true, force: true });
}
