/** Whether a policy grants what a request asks, by an evaluator that nobody here wrote. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ASKED_ACCOUNT, type Asked } from './asked.ts';

export interface Grant {
  readonly action: string;
  readonly resources: readonly string[];
}

/** Grants only allow, and none has a wildcard for actions: those of other actions change nothing. */
const decide = async ({ action, arn }: Asked, resources: readonly string[]): Promise<boolean> => {
  const Statement = [{ Effect: 'Allow', Action: action, Resource: resources }];
  const decided = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ASKED_ACCOUNT}:user/ada`,
        action,
        resource: { resource: arn, accountId: ASKED_ACCOUNT },
        contextVariables: {},
      },
      identityPolicies: [{ name: 'rights', policy: { Version: '2012-10-17', Statement } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (decided.resultType === 'error')
    throw new Error(`${action} on ${arn}: ${JSON.stringify(decided.errors)}`);
  return decided.overallResult === 'Allowed';
};

/** Policies differ in little: the same question is decided once. */
const known = new Map<string, Promise<boolean>>();

/** Decisions of one policy. */
export const grants =
  (given: readonly Grant[]): ((asked: Asked) => Promise<boolean>) =>
  (asked) => {
    const granted = given.filter(({ action }) => action === asked.action);
    const resources = granted.flatMap((grant) => grant.resources);
    if (resources.length === 0) return Promise.resolve(false);
    const key = JSON.stringify([asked.action, asked.arn, resources]);
    const decision = known.get(key) ?? decide(asked, resources);
    known.set(key, decision);
    return decision;
  };
