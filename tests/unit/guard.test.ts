import { describe, expect, it } from 'vitest';
import { addressCheck } from '#shared/jobs/http/guard.ts';

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
];

describe('addressCheck', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '2001:db8::1',
    'not an address',
    ...METADATA,
  ])('refuses %s', (address) => {
    expect(addressCheck([])(address)).toBe(false);
  });

  it.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'lets %s through',
    (address) => {
      expect(addressCheck([])(address)).toBe(true);
    },
  );

  it('opens what is allowed, and no more', () => {
    const check = addressCheck(['10.1.0.0/16', 'fd12::/16']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9'].map(check)).toEqual([true, true, true]);
    expect(['10.2.0.1', 'fd13::1', '127.0.0.1'].map(check)).toEqual([false, false, false]);
  });

  it.each(METADATA)('never opens %s, whatever is allowed', (address) => {
    expect(addressCheck(['0.0.0.0/0', '::/0'])(address)).toBe(false);
  });
});
