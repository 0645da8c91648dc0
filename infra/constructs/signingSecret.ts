/** What callbacks, or calls to hosts, are signed with: made by the stack, known to Secrets Manager alone. */
import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { removalIn } from './removal.ts';

export interface SigningSecretProps {
  /** As the command names it. */
  readonly signs: 'callbacks' | 'hosts';
  readonly config: Config;
}

export class SigningSecret extends Construct {
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { signs, config }: SigningSecretProps) {
    super(scope, id);
    // Without a name of its own: one that was deleted keeps its name for days.
    const secret = new secretsmanager.Secret(this, 'Secret', {
      description: `Signs what goes to ${signs} of Sheratan, stage ${config.stage}`,
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: removalIn(config.production),
    });
    // `Ref` is the ARN on AWS, but the name on some servers that speak its API; `Id` is it on all.
    this.secretArn = (secret.node.defaultChild as secretsmanager.CfnSecret).attrId;
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: `Its receivers must learn of a new one: it is rotated by "sheratan ${signs} secret --rotate", and both sign until the next time.`,
    });
  }

  /** `grantRead` would let it describe the secret too. */
  grantValue(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
