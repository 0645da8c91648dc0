/** Each command works with exactly the rights that are named for it, and says which one is missing. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RIGHTS, statementsOf, together } from '#cli/rights.ts';
import { HELD } from '#cli/rightsOn.ts';
import type { Asked } from '../support/asked.ts';
import type { Grant } from '../support/granted.ts';
import { PAGE_ACTIONS, type PageAction } from '../support/pageActions.ts';
import { CASES, linesOf } from '../support/rightsCases.ts';
import { type RightsWorld, startRightsWorld } from '../support/rightsWorld.ts';

let world: RightsWorld;
beforeAll(async () => {
  world = await startRightsWorld(inject('assemblyDir'));
});
afterAll(() => world?.stop());

/** One grant for each action on each thing. */
const grantsOf = (name: string): readonly Grant[] =>
  statementsOf(together([name]), 'dev').flatMap(({ Action, Resource }) =>
    Action.map((action) => ({ action, resources: Resource })),
  );

const matches = ({ action, resources }: Grant, asked: Asked): boolean =>
  action === asked.action &&
  resources.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(asked.arn);
  });

const wordsOf = ({ action, arn }: Asked): string => `${action} on ${arn}`;

/** Done, or done with a problem of what the test made: a dead letter, a callback that was given up. */
const SUCCESSFUL = [0, 4];

/** As AWS says it, and as the console's page does. */
const NAMES_IT = '(?:not authorized to perform|lacks a right): ';

/** These go on without a part of their work, and say so. */
const GO_ON = ['jobs', 'why', 'cancel', 'groups skip', 'groups resume', 'console'];

describe('the rights that are named', () => {
  it('are each tried, and nothing is named that no command needs', () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(RIGHTS).sort());
    const held = new Set(Object.keys(RIGHTS).flatMap((name) => Object.keys(together([name]))));
    expect([...held].sort()).toEqual(Object.keys(HELD).sort());
  });
});

// Before the table of jobs is restored, without its stream.
describe('an action of the page', () => {
  const entries = Object.entries(PAGE_ACTIONS);
  const act = async (action: string, { wish }: PageAction, given: readonly Grant[]) => {
    const wanted = { action, reason: 'a test', ...(await wish(world)) };
    world.visits.splice(0, world.visits.length, wanted);
    const told = await world.typed(['console', '--port', '0'], given);
    expect(told.text).toMatch(/"done":\[\{/);
    return told;
  };
  const alone = entries.filter(([, { notes }]) => !notes);
  const noting = entries.filter(([, { notes }]) => notes);

  it.each(alone)('works with the rights of its command: %s', async (action, tried) => {
    expect((await act(action, tried, grantsOf(tried.command))).denied.map(wordsOf)).toEqual([]);
  });

  it.each(noting)('keeps who and why with those of "pause": %s', async (action, tried) => {
    const given = ['console', 'pause', tried.command].flatMap(grantsOf);
    expect((await act(action, tried, given)).denied.map(wordsOf)).toEqual([]);
  });

  it.each(noting)('goes on without, and says so: %s', async (action, tried) => {
    const told = await act(action, tried, ['console', tried.command].flatMap(grantsOf));
    expect(told.denied.map((asked) => asked.action)).toEqual(['dynamodb:PutItem']);
    expect(told.text).toContain('who and why are not written down');
  });
});

/** Before others have filled the ledger, what reads the whole ledger. */
const WHOLE = /^(?:console|ledger (?:verify|replica|repair|export))/;
const inOrder = Object.keys(RIGHTS).sort((a, b) => Number(WHOLE.test(b)) - Number(WHOLE.test(a)));

describe.each(inOrder)('%s', (name) => {
  it('works with exactly its rights, and uses each of them', async () => {
    const given = grantsOf(name);
    const asked: Asked[] = [];
    for (const words of await linesOf(name, world)) {
      const told = await world.typed(words, given);
      expect(told.denied.map(wordsOf)).toEqual([]);
      expect([told.code, told.text]).toEqual([expect.toBeOneOf(SUCCESSFUL), expect.anything()]);
      asked.push(...told.asked);
    }
    const unused = given.filter((grant) => !asked.some((each) => matches(grant, each)));
    expect(unused).toEqual([]);
  });

  it('names each right that is missing', async () => {
    const all = grantsOf(name);
    for (const missing of all) {
      const given = grantsOf(name).filter((_grant, index) => index !== all.indexOf(missing));
      const told = [];
      for (const words of await linesOf(name, world)) told.push(await world.typed(words, given));
      const failed = told.find(({ denied }) => denied.length > 0);
      expect(failed, JSON.stringify(missing)).toBeDefined();
      expect(failed?.text).toMatch(new RegExp(`${NAMES_IT}${missing.action}`));
      if (!GO_ON.includes(name)) expect([missing, failed?.code]).not.toEqual([missing, 0]);
    }
  });
});
