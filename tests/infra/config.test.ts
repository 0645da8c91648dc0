import { describe, expect, it } from 'vitest';
import { concurrencyOf } from '#infra/concurrency.ts';
import { ConfigError, loadConfig } from '#infra/config.ts';
import { EVERYTHING } from '../support/stages.ts';

const VPC = { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d4e5f60718'] };
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
    });
    expect(concurrencyOf(load(context)).jobs).toEqual({
      critical: 20,
      high: 20,
      normal: 10,
      low: 2,
    });
  });

  it('watches all in a production stage, and what costs next to nothing in any other', () => {
    expect(load({}).monitoring).toBe('basic');
    expect(load({ stage: 'prod' }).monitoring).toBe('full');
    expect(load({ production: 'true' }).monitoring).toBe('full');
    expect(load({ stage: 'prod', monitoring: 'none' }).monitoring).toBe('none');
  });

  it.each([
    ['an unknown level', { monitoring: 'some' }, /monitoring must be "none" or "basic" or "full"/],
    [
      'a mail address that no alarm writes to',
      { monitoring: 'none', alarmEmail: 'ops@example.com' },
      /alarmEmail needs alarms: set monitoring to "basic" or "full"/,
    ],
    ['an unknown setting', { stages: { dev: { leaseSecond: 5 } } }, /stages\.dev\.leaseSecond/],
    ['a number out of range', { leaseSeconds: '1' }, /leaseSeconds must be .* 6 to 600, got 1/],
    ['a word for a number', { workerMemoryMb: 'much' }, /workerMemoryMb .* "much"/],
    ['an unknown rollout', { workerDeployment: 'soon' }, /workerDeployment must be .*"canary"/],
    ['an unknown size', { account: 'huge' }, /account must be "small" or "any" or "large"/],
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
      'more slots of a source than items can hold',
      { sourceLimits: { concurrency: 10_001 } },
      /sourceLimits\.concurrency must be a whole number from 1 to 10000/,
    ],
    [
      'a name for a CIDR',
      { outboundAllow: ['intranet'] },
      /outboundAllow\.0 must be a CIDR .*, got "intranet"/,
    ],
    [
      'an address that is none',
      { outboundAllow: ['10.300.0.0/16'] },
      /outboundAllow\.0 must be a CIDR/,
    ],
    [
      'a prefix that is too long',
      { outboundAllow: ['10.0.0.0/33'] },
      /outboundAllow\.0 must be a CIDR/,
    ],
    [
      'a subnet by its name',
      { vpc: { ...VPC, subnetIds: ['private-a'] } },
      /vpc\.subnetIds\.0 must be an id such as "subnet-0a1b2c3d", got "private-a"/,
    ],
    ['no subnet', { vpc: { ...VPC, subnetIds: [] } }, /vpc\.subnetIds must have 1 to 16/],
    [
      'a VPC without security groups',
      { vpc: { subnetIds: VPC.subnetIds } },
      /vpc\.securityGroupIds/,
    ],
    [
      'the id of a VPC',
      { vpc: { ...VPC, id: 'vpc-0a1b2c3d' } },
      /vpc\.id must be an object of subn/,
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

describe('private addresses', () => {
  const allowed = (...outboundAllow: string[]) => ({ outboundAllow });

  it.each([
    ['10.0.0.0/16'],
    ['172.31.4.7/32'],
    ['192.168.0.0/24'],
    ['100.64.3.0/24'],
    ['fd12:3456::/48'],
    // Some of it is private.
    ['0.0.0.0/0'],
    ['10.0.0.0/7'],
  ])('of %s are refused without a VPC: no function would reach them', (cidr) => {
    const message = `outboundAllow.0 ${cidr} is private, and no function is in a VPC: set vpc.subnetIds and vpc.securityGroupIds`;
    expect(() => load(allowed(cidr))).toThrow(message);
  });

  it('are taken with a VPC, given as an object or on the command line', () => {
    for (const vpc of [VPC, JSON.stringify(VPC)])
      expect(load({ ...allowed('10.0.0.0/16'), vpc })).toMatchObject({
        outboundAllow: ['10.0.0.0/16'],
        vpc: { ...VPC, dualStack: false },
      });
  });

  it('of IPv6 need subnets that have IPv6', () => {
    const context = { ...allowed('fd12:3456::/48'), vpc: VPC };
    expect(() => load(context)).toThrow('outboundAllow.0 fd12:3456::/48 is of IPv6: set vpc.dual');
    expect(() => load({ ...context, vpc: { ...VPC, dualStack: true } })).not.toThrow();
  });

  it('are taken without a VPC in a cloud on this machine, and public ones anywhere', () => {
    expect(() => load({ ...allowed('10.0.0.0/16'), allowLoopback: true })).not.toThrow();
    expect(() => load(allowed('8.8.8.0/24', '2001:4860::/32'))).not.toThrow();
  });
});

describe('the stage with every option, which the validators check', () => {
  /** They change a number, a name or an address in the template, and no resource. */
  const VALUES = [
    ...['production', 'maxConcurrency', 'workerMemoryMb', 'leaseSeconds', 'largeResultDays'],
    ...['unknownKindGraceSeconds', 'queueRetentionDays', 'logRetentionDays', 'sourceLimits'],
    ...['ledgerLanes', 'proberMemoryMb', 'proberConcurrency', 'probeSentinels', 'allowLoopback'],
    // In production it is `full` by default.
    'monitoring',
  ];

  it('has each setting that makes a resource', () => {
    const settings = [...Object.keys(load({})), 'vpc', 'proberConcurrency'];
    const given = EVERYTHING.map((each) => each.split('=')[0]);
    expect([...given, ...VALUES].sort()).toEqual(settings.sort());
  });
});
