import { describe, expect, it } from 'vitest';
import { addressCheck, createOutbound } from '#shared/kernel/addresses.ts';

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '169.254.170.23',
  'fd00:ec2::23',
  '168.63.129.16',
  '100.100.100.200',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  'fe80::a9fe:a9fe',
  'fe80::1%1',
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

  it('takes an address alone for that one address', () => {
    const check = addressCheck(['10.1.2.3', 'fd12::1']);
    expect(['10.1.2.3', 'fd12::1'].map(check)).toEqual([true, true]);
    expect(['10.1.2.4', '192.168.0.1', 'fd12::2'].map(check)).toEqual([false, false, false]);
  });

  it.each(METADATA)('never opens %s, whatever is allowed', (address) => {
    expect(addressCheck(['0.0.0.0/0', '::/0'])(address)).toBe(false);
  });
});

describe('createOutbound', () => {
  const outbound = createOutbound({ allow: ['10.0.0.0/8'] });
  const code = (url: string): unknown => {
    try {
      return outbound.check(url).href;
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  it.each([
    ['https://example.org/a?b', 'https://example.org/a?b'],
    ['http://10.1.1.1:8080/', 'http://10.1.1.1:8080/'],
    ['http://example.org:80/', 'http://example.org/'],
    ['https://example.org:80/', 'https://example.org:80/'],
    ['http://example.org:22/', 'PORT_FORBIDDEN'],
    ['http://example.org:1023/', 'PORT_FORBIDDEN'],
    ['http://example.org:0/', 'PORT_FORBIDDEN'],
    ['http://example.org:1024/', 'http://example.org:1024/'],
    ['http://a@example.org/', 'URL_INVALID'],
    ['ftp://example.org/', 'URL_INVALID'],
    ['http://192.168.0.1/', 'ADDRESS_FORBIDDEN'],
    ['http://0300.0250.0.1/', 'ADDRESS_FORBIDDEN'],
    ['http://[::ffff:192.168.0.1]/', 'ADDRESS_FORBIDDEN'],
    ['http://[64:ff9b::a9fe:a9fe]/', 'ADDRESS_FORBIDDEN'],
  ])('%s: %s', (url, expected) => {
    expect(code(url)).toBe(expected);
  });

  it.each([
    [['10.0.0.1', '10.0.0.2'], undefined],
    [['10.0.0.1', '192.168.0.1'], 'ADDRESS_FORBIDDEN'],
    [['192.168.0.1', '1.1.1.1'], 'ADDRESS_FORBIDDEN'],
  ])('judges every address of a name: %j', async (addresses, expected) => {
    const { lookup } = createOutbound({
      allow: ['10.0.0.0/8'],
      resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: 4 }))),
    });
    const found = await new Promise((resolve) =>
      lookup('name.example', { all: true }, (error, all) => resolve(error ?? all)),
    );
    if (expected) expect(found).toMatchObject({ code: expected });
    else expect(found).toEqual(addresses.map((address) => ({ address, family: 4 })));
  });
});
