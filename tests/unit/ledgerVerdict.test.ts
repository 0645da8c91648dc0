/** What `ledger verify` says, and its exit codes. */
import { afterEach, expect, it, vi } from 'vitest';
import { tellVerdict } from '#cli/commands/ledger/audit.ts';
import type { Verification } from '#shared/ledger/audit/verify.ts';
import { heard } from '../support/heard.ts';

const SEEN = { blocks: 2, transfers: 3, accounts: 4, balances: 5, holds: 6, digest: ['0'] };
const PROBLEM = { where: 'balance a', what: 'is missing' };

const told = async (verdict: Verification, json = false) => {
  const { result: code, text } = await heard(() => tellVerdict(verdict, 1.25, { json }));
  return { code, text };
};

afterEach(vi.unstubAllEnvs);

it.each([
  [SEEN, 0, /^all is as the journal says: 2 blocks, .* 6 open holds \(1\.3 s\)\n$/],
  [{ ...SEEN, problem: PROBLEM }, 4, /^WRONG balance a: is missing\n$/],
  [{ ...SEEN, unsure: PROBLEM }, 5, /^not sure balance a: is missing\n.*Pause the mesh/],
] as const)('%o ends with %i', async (verdict, code, text) => {
  vi.stubEnv('NO_COLOR', '1');
  expect(await told(verdict)).toEqual({ code, text: expect.stringMatching(text) });
  const asJson = await told(verdict, true);
  expect(asJson.code).toBe(code);
  expect(JSON.parse(asJson.text)).toEqual(verdict);
});
