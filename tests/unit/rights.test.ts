import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rights } from '#cli/commands/rights.ts';
import { RIGHTS } from '#cli/rights.ts';
import { rightsPage } from '#cli/rightsPage.ts';
import { heard } from '../support/heard.ts';

const policyOf = async (names: readonly string[]) => {
  const { stdout } = await heard(() => rights(names, { stage: 'prod' }));
  return JSON.parse(stdout) as { Statement: { Action: string[]; Resource: string[] }[] };
};

describe('sheratan rights', () => {
  it('prints one policy for all that is named, a whole group too', async () => {
    const { Statement } = await policyOf(['watch', 'schedules']);
    expect(Statement).toContainEqual({
      Effect: 'Allow',
      Action: ['dynamodb:GetItem'],
      Resource: ['arn:*:dynamodb:*:*:table/sheratan-prod-jobs'],
    });
    const actions = Statement.flatMap(({ Action }) => Action);
    expect(actions).toContain('cloudformation:DescribeStacks');
    expect(actions).toContain('scheduler:DeleteSchedule');
    expect(new Set(actions).size).toBe(actions.length);
  });

  it('fits into a managed policy with the rights of all commands', async () => {
    const policy = await policyOf([]);
    expect(JSON.stringify(policy).length).toBeLessThan(6_144);
    expect(Object.keys(RIGHTS).length).toBeGreaterThan(50);
  });

  it('refuses a name that is no command', () => {
    expect(() => rights(['nothing'], { stage: 'dev' })).toThrow('There is no command nothing');
  });
});

it('docs/rights.md is as npm run rights writes it', () => {
  expect(readFileSync('docs/rights.md', 'utf8')).toBe(rightsPage());
});
