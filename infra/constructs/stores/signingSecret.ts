/**
 * The secret that signs callbacks, calls to hosts, or signal URLs. The stack makes it; only Secrets Manager
 * knows its value.
 */
import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Config } from '../../config.ts';
import { removalIn } from './removal.ts';

const rotated = (command: string): string =>
  `Its receivers must learn of a new one: it is rotated by "sheratan ${command} --rotate", and both sign until the next time.`;

const SIGNED = {
  callbacks: { what: 'what goes to callbacks', unscheduled: rotated('callbacks secret') },
  hosts: { what: 'what goes to hosts', unscheduled: rotated('hosts secret') },
  signals: {
    what: 'signal URLs',
    unscheduled:
      'A new one ends the URLs that were signed by the one before the last: who rotates it decides when.',
  },
} as const;

export interface SigningSecretProps {
  /** What it signs; the word of the command, where there is one: `sheratan hosts secret`. */
  readonly signs: keyof typeof SIGNED;
  readonly config: Config;
}

/** A generated secret of 43 characters. It is rotated by the command, not by a schedule. */
export class SigningSecret extends Construct {
  readonly secretArn: string;

  constructor(scope: Construct, id: string, { signs, config }: SigningSecretProps) {
    super(scope, id);
    // The secret has no fixed name: a deleted secret blocks its name for days.
    const secret = new secretsmanager.Secret(this, 'Secret', {
      description: `Signs ${SIGNED[signs].what} of Sheratan, stage ${config.stage}`,
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: removalIn(config.production),
    });
    // `Ref` is the ARN on AWS but the name on some compatible servers; `Id` is the ARN on all.
    this.secretArn = (secret.node.defaultChild as secretsmanager.CfnSecret).attrId;
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: SIGNED[signs].unscheduled,
    });
  }

  /** Lets the grantee read the value; `grantRead` would also let it describe the secret. */
  grantValue(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
