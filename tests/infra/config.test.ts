import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '#infra/config.ts';

const load = (context: Record<string, unknown>) => loadConfig((key) => context[key]);

describe('loadConfig', () => {
  it('needs nothing', () => {
    expect(load({})).toMatchObject({ stage: 'dev', production: false, leaseSeconds: 60 });
  });

  it('takes the stage of the context, its settings, and single settings on top', () => {
    const context = {
      stage: 'prod',
      stages: { prod: { leaseSeconds: 30, maxConcurrency: { low: 2 }, logRetentionDays: 90 } },
      leaseSeconds: '45',
    };
    expect(load(context)).toMatchObject({
      stage: 'prod',
      production: true,
      leaseSeconds: 45,
      logRetentionDays: 90,
      maxConcurrency: { critical: 20, high: 20, normal: 10, low: 2 },
    });
  });

  it.each([
    ['an unknown setting', { stages: { dev: { leaseSecond: 5 } } }, /stages\.dev\.leaseSecond/],
    ['a number out of range', { leaseSeconds: '1' }, /leaseSeconds must be .* 6 to 600, got 1/],
    ['a word for a number', { workerMemoryMb: 'much' }, /workerMemoryMb .* "much"/],
    ['an unknown rollout', { workerDeployment: 'soon' }, /workerDeployment must be .*"canary"/],
    ['a bad stage', { stage: 'Prod!' }, /stage must be/],
    [
      'a retention CloudWatch lacks',
      { logRetentionDays: '8' },
      /logRetentionDays must be one of 1, 3, 5/,
    ],
    [
      'an unknown priority',
      { stages: { dev: { maxConcurrency: { urgent: 5 } } } },
      /maxConcurrency\.urgent is no priority/,
    ],
    [
      'concurrency below AWS’s minimum',
      { stages: { dev: { maxConcurrency: { low: 1 } } } },
      /low must be/,
    ],
    ['concurrency that is no object', { maxConcurrency: '5' }, /maxConcurrency must be an object/],
    [
      'a name for a CIDR',
      { outboundAllow: ['intranet'] },
      /outboundAllow\.0 must be a CIDR .*, got "intranet"/,
    ],
    ['a name for an address', { alarmEmail: 'somebody' }, /alarmEmail must be an address/],
    ['a stage that is no object', { stages: { dev: 5 } }, /stages\.dev must be an object/],
  ])('refuses %s by its name', (_what, context, message) => {
    expect(() => load(context)).toThrow(ConfigError);
    expect(() => load(context)).toThrow(message);
  });

  it('names all faults at once', () => {
    expect(() => load({ leaseSeconds: '1', workerMemoryMb: '1' })).toThrow(
      /leaseSeconds.*workerMemoryMb|workerMemoryMb.*leaseSeconds/,
    );
  });
});
