/** Which properties of a function the embedded cloud takes, and which it refuses by name. */
import { describe, expect, it } from 'vitest';
import { functionSpec } from '#emulator/template/properties.ts';
import type { Assembly } from '#emulator/template/template.ts';

const assembly: Assembly = {
  stackName: 'Sheratan-dev',
  template: { Resources: {} },
  assetDir: (key) => `/assets/${key}`,
};
const PROPERTIES = { Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { S3Key: 'code.zip' } };
const specOf = (more: Readonly<Record<string, unknown>>) =>
  functionSpec(
    {
      id: 'Worker',
      ref: 'sheratan-dev-worker',
      attributes: { Arn: 'arn' },
      properties: { ...PROPERTIES, ...more },
    },
    assembly,
    {},
  );

describe('a function of the template', () => {
  it('runs here whatever network and reserved concurrency it has on AWS', () => {
    const VpcConfig = { SubnetIds: ['subnet-0a1b2c3d'], SecurityGroupIds: ['sg-0a1b2c3d'] };
    expect(specOf({ VpcConfig, ReservedConcurrentExecutions: 2 })).toEqual(specOf({}));
  });

  it.each([
    [{ Layers: ['arn:aws:lambda:us-east-1:1:layer:l:1'] }, 'Function Worker: Layers is not'],
    [{ Runtime: 'python3.13' }, 'Function Worker: runtime python3.13 is not'],
  ])('is refused with %j', (more, message) => {
    expect(() => specOf(more)).toThrow(message);
  });
});
