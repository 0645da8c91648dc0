/** docs/deploy-policy.json as a policy of the account. */
import { readFileSync } from 'node:fs';
import { CreatePolicyCommand, IAMClient, ListPoliciesCommand } from '@aws-sdk/client-iam';
import { sha256 } from '#shared/kernel/json.ts';

/** Made once for each content. @returns its ARN */
export const deployPolicy = async (): Promise<string> => {
  const PolicyDocument = readFileSync('docs/deploy-policy.json', 'utf8');
  const PolicyName = `sheratan-deploy-${sha256(PolicyDocument).slice(0, 12)}`;
  const iam = new IAMClient();
  const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }));
  const known = Policies.find((each) => each.PolicyName === PolicyName);
  const { Policy = known } = known
    ? {}
    : await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
  iam.destroy();
  return Policy?.Arn ?? '';
};
