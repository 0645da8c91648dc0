import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

let cloud: Sheratan;
let dir: string;
const ledger = (...args: string[]) => cloud.run(['ledger', ...args]);
const pay = (id: string, amount: string) => ledger('transfer', id, 'mint', 'ada', amount);

beforeAll(async () => {
  cloud = await startSheratan(inject('assemblyDir'));
  dir = mkdtempSync(join(tmpdir(), 'sheratan-copies-'));
  await ledger('open', 'mint', '--may-owe');
  await ledger('open', 'ada');
  await pay('first', '10');
});
afterAll(() => {
  cloud.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Told {
  readonly blocks: number;
  readonly lag: number;
  readonly problem?: { readonly where: string };
}

/** A replica that follows, and all that it has said so far. */
const following = (to: string) => {
  const child = cloud.start([
    'ledger',
    'replica',
    '--to',
    to,
    '--follow',
    '--every',
    '0.1',
    '--json',
  ]);
  if (!child.stdout) throw new Error('its output is not read');
  const told: Told[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
  const exited = once(child, 'exit');
  const blocks = () => told.reduce((sum, each) => sum + each.blocks, 0);
  return { child, told, blocks, exited };
};
const patience = { timeout: 30_000, interval: 50 };

it('says of an account what became of it', async () => {
  const said = [];
  for (const verb of ['open', 'close', 'close', 'reopen'])
    said.push((await ledger(verb, 'bob')).stdout);
  expect(said).toEqual(['created bob\n', 'closed bob\n', 'closed bob\n', 'reopened bob\n']);
});

describe('a copy of the ledger', () => {
  it.each(['file', 'table'])(
    'follows the running one into a %s until it is stopped',
    async (kind) => {
      if (kind === 'table') await ledger('replica', '--to', 'table:followed', '--create');
      const to = kind === 'table' ? 'table:followed' : join(dir, 'followed.json');
      const copy = following(to);
      await expect.poll(() => copy.told.at(-1)?.lag, patience).toBe(0);
      const before = copy.blocks();
      await pay(`${kind}-1`, '5');
      await expect.poll(copy.blocks, patience).toBe(before + 1);
      await pay(`${kind}-2`, '5');
      await expect.poll(copy.blocks, patience).toBe(before + 2);
      expect(copy.told.at(-1)).toEqual({ blocks: 1, lag: 0 });
      copy.child.kill('SIGINT');
      expect(await copy.exited).toEqual([0, null]);
      expect((await ledger('replica', '--to', to)).stdout).toBe('0 blocks executed, 0 behind\n');
    },
  );

  it('stops at the first difference', async () => {
    const to = join(dir, 'differs.json');
    await ledger('replica', '--to', to);
    const file = readFileSync(to, 'utf8');
    writeFileSync(to, file.replace(/("[^"]*ada[^"]*",")\d+"/, '$1999"'));
    expect(readFileSync(to, 'utf8')).not.toBe(file);
    const copy = following(to);
    await pay('differs', '5');
    expect(await copy.exited).toEqual([4, null]);
    expect(copy.told.at(-1)?.problem?.where).toContain('differs');
  });

  it('comes from an export alone, when that is whole', async () => {
    const whole = join(dir, 'export.jsonl');
    expect((await ledger('export', whole)).code).toBe(0);
    const from = (file: string, to: string) =>
      ledger('replica', '--from', file, '--to', join(dir, to));
    expect((await from(whole, 'built.json')).stdout).toMatch(/^[1-9]\d* blocks executed, 0 behind/);
    const lines = readFileSync(whole, 'utf8').trimEnd().split('\n');
    const cut = join(dir, 'cut.jsonl');
    for (const [text, why] of [
      [lines.slice(0, -1).join('\n'), 'it has no end; export anew'],
      [[...lines.slice(0, 1), ...lines.slice(2)].join('\n'), 'by its end; export anew'],
      [lines.slice(1).join('\n'), 'does not say how many lanes'],
      [`${lines.slice(0, -1).join('\n')}\n{"end":`, 'is no JSON'],
      ['null', 'is no line of an export'],
    ] as const) {
      writeFileSync(cut, text);
      const answer = await from(cut, 'never.json');
      expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
    }
    const both = await ledger('replica', '--from', whole, '--to', 'x', '--follow');
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('does not grow') });
  });
});

describe('the ledger commands', () => {
  it('place a hold once, however often they are asked', async () => {
    const hold = (...more: string[]) => ledger('hold', 'rent', 'ada', '3', ...more);
    expect((await hold('--seconds', '600')).stdout).toContain('created rent');
    expect(await hold('--seconds', '600')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('exists rent'),
    });
    const longer = await hold('--seconds', '700');
    expect(longer.code).toBe(4);
    expect(longer.stdout).toContain('exists_with_different_expiry');
  });

  it.each(['0', '99999999999999'])('refuse a hold of %s seconds by name', async (seconds) => {
    const refused = await ledger('hold', `h${seconds}`, 'ada', '1', '--seconds', seconds);
    expect(refused.code).toBe(4);
    expect(refused.stdout).toContain('expiry_out_of_range');
  });

  it.each([
    ['balance', 'nobody'],
    ['balance', 'nobody', '--at', '2h'],
    ['statement', 'nobody'],
    ['history', 'nobody'],
  ])('find no account: %s %s', async (...args) => {
    const { code, stdout, stderr } = await ledger(...args);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('No account nobody');
  });

  it('say that a time is not known yet', async () => {
    const { code, stderr } = await ledger('balance', 'ada', '--at', '0s');
    expect(code).toBe(5);
    expect(stderr).toContain('it is known from');
  });

  it('turn the pages of a statement', async () => {
    const page = async (...more: string[]) =>
      JSON.parse((await ledger('statement', 'ada', '--json', '--limit', '1', ...more)).stdout);
    const [newest] = await page();
    const [older] = await page('--before', newest.cursor);
    expect(older.cursor).not.toBe(newest.cursor);
    const text = await ledger('statement', 'ada', '--limit', '1');
    expect(text.stderr).toContain(`--before ${newest.cursor}`);
  });
});
