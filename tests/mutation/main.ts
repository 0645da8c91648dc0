/**
 * `npm run mutants [-- PATTERN]`: takes the conditions of the ledger away, one at a time; some test
 * must fail. The pattern chooses by name and file.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Of tests/integration. */
  readonly tests?: readonly string[];
}

const LANES = 'shared/ledger/dynamo/laneStore.ts';
const HOLDS = 'shared/ledger/dynamo/holdStore.ts';
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
    file: 'shared/ledger/dynamo/entryStore.ts',
    from: "from.seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :from'",
    to: `from.seq === 0 ? 'attribute_not_exists(zz)' : '${either('seq = :from', 'seq <> :from')}'`,
  },
  {
    name: 'a refusal is found on what was just read',
    file: 'shared/ledger/write/commitGroup.ts',
    from: '  if (fresh.length > 0) return units;\n',
    to: '',
  },
  {
    name: 'the account is new',
    file: 'shared/ledger/dynamo/accountStore.ts',
    from: "          ConditionExpression: 'attribute_not_exists(pk)',\n",
    to: '',
  },
  {
    name: 'a snapshot stands at a round number of entries',
    file: 'shared/ledger/read/projectEntries.ts',
    from: 'seq % LIMITS.ledgerSnapshotEntries === 0',
    to: 'seq % LIMITS.ledgerSnapshotEntries === 1',
    tests: ['ledgerVerify'],
  },
  {
    name: 'a base is right before the oldest entry',
    file: 'shared/ledger/read/statement.ts',
    from: 'base && base.seq + 1 === oldest.seq',
    to: 'base',
    tests: ['ledgerJournal'],
  },
  {
    name: 'a base is no younger than the time that is asked for',
    file: 'shared/ledger/read/statement.ts',
    from: 'base.at <= at ? base.balance : undefined',
    to: 'base.balance',
    tests: ['ledgerJournal'],
  },
  {
    name: 'repair closes what is closed',
    file: 'shared/ledger/audit/repair.ts',
    from: 'account.closed || marked.has(nameOf(account))',
    to: 'marked.size < 0',
    tests: ['ledgerJournal'],
  },
  {
    name: 'every field goes with the others',
    file: 'shared/ledger/audit/verifyItems.ts',
    from: 'item.odd !== undefined',
    to: 'item.odd === null',
    tests: ['ledgerVerify'],
  },
  {
    name: 'what an ended hold was ended as is told by its fingerprint',
    file: HOLDS,
    from: 'holdFingerprint({ ...hold, state: as })',
    to: 'holdFingerprint(hold)',
    tests: ['ledgerVerify'],
  },
  {
    name: 'a hold that the journal closes is posted',
    file: 'shared/ledger/audit/verifyBlock.ts',
    from: "state === 'posted'",
    to: 'state.length > 0',
    tests: ['ledgerVerify'],
  },
  {
    name: 'closed is closed in every lane',
    file: 'shared/ledger/audit/verifyDoubts.ts',
    from: 'filter(([, seen]) => checkClosed(seen, deps.lanes))',
    to: 'filter(([, seen]) => deps.lanes < 0 && checkClosed(seen, deps.lanes))',
    tests: ['ledgerVerify'],
  },
  {
    name: 'each record has its block',
    file: 'shared/ledger/audit/verifyTally.ts',
    from: 'tally.records > before',
    to: 'tally.records < 0',
    tests: ['ledgerVerify'],
  },
  {
    name: 'there are as many entries as the journal gives',
    file: 'shared/ledger/audit/verifyTally.ts',
    from: 'entries !== expected',
    to: 'entries < expected',
    tests: ['ledgerVerify'],
  },
  {
    name: 'there are as many snapshots as the entries give',
    file: 'shared/ledger/audit/verifyTally.ts',
    from: 'snapshots !== snapshotsIn(expected)',
    to: 'snapshots < snapshotsIn(expected)',
    tests: ['ledgerVerify'],
  },
  {
    name: 'a balance has all entries up to the mark',
    file: 'shared/ledger/audit/verifyJournal.ts',
    from: 'walk.right.delete(place);',
    to: '',
    tests: ['ledgerVerifyRunning'],
  },
  {
    name: 'what is journaled after the mark hides no record without a block',
    file: 'shared/ledger/audit/verifyJournal.ts',
    from: 'if (block.seq <= from.head.seq) walk.transfersBefore = next.transfers;',
    to: 'walk.transfersBefore = next.transfers;',
    tests: ['ledgerVerifyRunning'],
  },
  {
    name: 'a balance is compared with the block that it shows',
    file: 'shared/ledger/audit/verifyJournal.ts',
    from: 'walk.right.add(place);',
    to: '',
    tests: ['ledgerVerifyRunning'],
  },
  {
    name: 'a difference of holds that moves is no problem',
    file: 'shared/ledger/audit/verifyDoubts.ts',
    from: 'if (found.moves) return { found, looks: 0 };',
    to: '',
    tests: ['ledgerVerifyRunning'],
  },
  {
    name: 'a difference of holds stays for some looks',
    file: 'shared/ledger/audit/verifyDoubts.ts',
    from: 'stay.looks >= SAME_LOOKS',
    to: 'stay.looks >= 0',
    tests: ['ledgerVerifyRunning'],
  },
  {
    name: 'a copy has the same head',
    file: 'shared/ledger/audit/copy.ts',
    from: 'found.seq === head.seq && found.hash !== head.hash',
    to: 'found.seq < 0',
    tests: ['ledgerCopy'],
  },
  {
    name: 'a copy is not ahead',
    file: 'shared/ledger/audit/copy.ts',
    from: 'found.seq > head.seq',
    to: 'found.seq < 0',
    tests: ['ledgerCopy'],
  },
  {
    name: 'a difference counts when nobody else moved the copy',
    file: 'shared/ledger/audit/copy.ts',
    from: 'if (head.seq === place.head.seq) return difference;',
    to: 'if (head.seq >= 0) return difference;',
    tests: ['ledgerCopy'],
  },
  {
    name: 'an account of a copy is as it is',
    file: 'shared/ledger/audit/copyAccounts.ts',
    from: 'found && difference(account, found)',
    to: 'found && difference(account, account)',
    tests: ['ledgerCopy'],
  },
  {
    name: 'an account of a copy is closed when it is',
    file: 'shared/ledger/audit/copyAccounts.ts',
    from: 'if (isClosed === account.closed) return undefined;',
    to: 'if (account.lane >= 0) return undefined;',
    tests: ['ledgerCopy'],
  },
  {
    name: 'a commit is known by its writer and block',
    file: LANES,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source as it is written
    from: 'sha256(`${writer} ${blocks[0]?.hash}`)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
    to: 'sha256(`${writer.length} ${blocks[0]?.hash}`)',
    tests: ['ledgerCopy'],
  },
];

const TESTS = ['ledger', 'ledgerJournal'];
const TEST_MS = 200_000;
const RUN_MS = 600_000;

const failedIn = (report: string): number =>
  existsSync(report)
    ? (JSON.parse(readFileSync(report, 'utf8')) as { numFailedTests: number }).numFailedTests
    : 0;

const survives = (root: string, { name, file, from, to, tests = TESTS }: Mutant): boolean => {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} does not have what "${name}" changes`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const files = tests.map((test) => `tests/integration/${test}.test.ts`);
  const report = join(root, 'report.json');
  rmSync(report, { force: true });
  const patience = ['--testTimeout', String(TEST_MS)];
  const told = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report];
  const how = ['--project', 'integration', '--bail', '1', ...patience, ...told];
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', ...how, ...files], {
    cwd: root,
    timeout: RUN_MS,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  writeFileSync(path, source);
  // Only a test that failed kills: not a machine on which none could run.
  const isKilled = status === null || failedIn(report) > 0;
  if (status !== 0 && !isKilled) throw new Error(`"${name}" could not be tried: ${stdout}`);
  return status === 0;
};

const root = join(mkdtempSync(join(tmpdir(), 'sheratan-mutants-')), 'tree');
execFileSync('git', ['worktree', 'add', '--quiet', '--detach', root]);
try {
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  const words = new RegExp(process.argv[2] ?? '');
  const mutants = MUTANTS.filter(({ name, file }) => words.test(`${name} ${file}`));
  let survivors = 0;
  for (const mutant of mutants) {
    const alive = survives(root, mutant);
    if (alive) survivors += 1;
    console.log(`${alive ? 'SURVIVED' : 'killed'}  without "${mutant.name}"`);
  }
  console.log(`${mutants.length - survivors} of ${mutants.length} killed`);
  process.exitCode = survivors > 0 ? 1 : 0;
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', root]);
  rmSync(join(root, '..'), { recursive: true, force: true });
}
