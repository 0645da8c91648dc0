/**
 * The CDK app that `cdk synth` runs: bundles the functions, then describes the stack of one stage.
 */
import { App, Tags } from 'aws-cdk-lib';
import { FUNCTIONS } from '#shared/contracts/functions.ts';
import { bundleFunctions } from './bundle/cachedBundles.ts';
import { ConfigError, loadConfig, optionalFunctions } from './config.ts';
import { addSecurityChecks } from './securityChecks.ts';
import { SheratanStack } from './stack.ts';

const synthesize = async (): Promise<void> => {
  const app = new App();
  const config = loadConfig((key) => app.node.tryGetContext(key));
  await addSecurityChecks(app);
  const names = [...FUNCTIONS, ...optionalFunctions(config)];
  const bundles = `${app.outdir}/bundles`;
  await bundleFunctions(names, bundles);
  const stack = new SheratanStack(app, `Sheratan-${config.stage}`, { config, bundles });
  Tags.of(stack).add('sheratan:stage', config.stage);
  app.synth();
};

try {
  await synthesize();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
