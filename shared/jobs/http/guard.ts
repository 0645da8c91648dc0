/** Which addresses outbound requests may reach: public ones, and private ones only by configuration. */
import { BlockList, isIP, isIPv6 } from 'node:net';

const FORBIDDEN_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Global unicast is 2000::/3; of it these are special. Everything else in IPv6 is forbidden anyway. */
const FORBIDDEN_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** Instance, task and EKS metadata: these hand out credentials and are never allowed. */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
];

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

const listOf = (subnets: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, familyOf(net));
  return list;
};

const forbidden = listOf([...FORBIDDEN_V4, ...FORBIDDEN_V6]);
const global6 = listOf([['2000::', 3]]);
const metadata = new BlockList();
for (const address of METADATA) metadata.addAddress(address, familyOf(address));

/** An IPv4 address in IPv6's clothes is judged as what it is. */
const unmapped = (address: string): string => {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [h >> 8, h & 255, l >> 8, l & 255].join('.');
};

export type AddressCheck = (address: string) => boolean;

/** @param allow CIDRs that may be reached although they are private; never metadata addresses */
export const addressCheck = (allow: readonly string[]): AddressCheck => {
  const allowed = listOf(
    allow.map((cidr) => {
      const [net = '', prefix = ''] = cidr.split('/');
      return [net, Number(prefix)] as const;
    }),
  );
  return (given) => {
    const address = unmapped(given);
    if (isIP(address) === 0) return false;
    const family = familyOf(address);
    if (metadata.check(address, family)) return false;
    if (allowed.check(address, family)) return true;
    if (family === 'ipv6' && !global6.check(address, family)) return false;
    return !forbidden.check(address, family);
  };
};
