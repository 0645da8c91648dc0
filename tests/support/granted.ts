/** Whether a policy grants what a request asks, by an evaluator that nobody here wrote. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ASKED_ACCOUNT, type Asked } from './asked.ts';

export interface Grant {
  readonly action: string;
  readonly resources: readonly string[];
}

/** Decisions of one policy; the same request is decided once. */
export const grants = (given: readonly Grant[]): ((asked: Asked) => Promise<boolean>) => {
  const Statement = given.map(({ action, resources }) => ({
    Effect: 'Allow',
    Action: action,
    Resource: resources,
  }));
  const policy = { Version: '2012-10-17', Statement };
  const known = new Map<string, Promise<boolean>>();
  const decide = async ({ action, arn }: Asked): Promise<boolean> => {
    const decided = await runSimulation(
      {
        request: {
          principal: `arn:aws:iam::${ASKED_ACCOUNT}:user/ada`,
          action,
          resource: { resource: arn, accountId: ASKED_ACCOUNT },
          contextVariables: {},
        },
        identityPolicies: Statement.length > 0 ? [{ name: 'rights', policy }] : [],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (decided.resultType === 'error')
      throw new Error(`${action} on ${arn}: ${JSON.stringify(decided.errors)}`);
    return decided.overallResult === 'Allowed';
  };
  return (asked) => {
    const key = `${asked.action} ${asked.arn}`;
    const decision = known.get(key) ?? decide(asked);
    known.set(key, decision);
    return decision;
  };
};
