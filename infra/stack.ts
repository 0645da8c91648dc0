/** A stack that is one mesh and nothing else: what `npm run deploy` deploys. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { buildMesh } from './mesh.ts';

export interface SheratanStackProps extends StackProps {
  readonly config: Config;
  /** Directory that holds one bundled directory per function. */
  readonly bundles: string;
}

/** The stack. In production it is protected from deletion. */
export class SheratanStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, ...props }: SheratanStackProps) {
    super(scope, id, { ...props, terminationProtection: config.production });
    const { outputs } = buildMesh(this, { config, code: (name) => `${bundles}/${name}` });
    // Clients find the parts of the deployment by these outputs.
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
