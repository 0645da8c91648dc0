/**
 * cdk-nag's AwsSolutions pack, part of every synthesis that may reach an account. What it finds
 * fails the synthesis; an exception is acknowledged where it is made, with its reason.
 */
import { type App, Validations } from 'aws-cdk-lib';

/** `-c securityChecks=off` is for a template that only this machine runs: it starts sooner. */
export const addSecurityChecks = async (app: App): Promise<void> => {
  if (app.node.tryGetContext('securityChecks') === 'off') return;
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};
