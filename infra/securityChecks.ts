/**
 * The AwsSolutions checks of cdk-nag. They are part of each synthesis that may reach an account,
 * and a finding fails the synthesis. An exception is acknowledged where the resource is made, with
 * its reason.
 */
import { type App, Validations } from 'aws-cdk-lib';

/**
 * Adds the checks. `-c securityChecks=off` leaves them out, for a template that only this machine
 * runs: it starts sooner.
 */
export const addSecurityChecks = async (app: App): Promise<void> => {
  if (app.node.tryGetContext('securityChecks') === 'off') return;
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};
