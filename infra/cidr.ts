/** CIDRs of the configuration: whether one is well-formed, and whether a VPC is needed to reach it. */
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Networks that nobody on the public internet has: RFC 1918, RFC 6598 and RFC 4193. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
] as const;

const partsOf = (cidr: string): readonly [net: string, prefix: number] => {
  const [net = '', prefix] = cidr.split('/');
  return [net, Number(prefix)];
};

/** Whether a text is an address, a slash and a length of prefix that such an address can have. */
export const isCidr = (text: string): boolean => {
  if (!/^[^/]+\/\d{1,3}$/.test(text)) return false;
  const [net, prefix] = partsOf(text);
  const family = isIP(net);
  return family !== 0 && prefix <= (family === 6 ? 128 : 32);
};

const contains = (outer: string, inner: string): boolean => {
  const [net, prefix] = partsOf(outer);
  const [address] = partsOf(inner);
  if (isIPv6(net) !== isIPv6(address)) return false;
  const family = isIPv6(net) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(net, prefix, family);
  return list.check(address, family);
};

/** Whether a CIDR is of IPv6. */
export const isIpv6Cidr = (cidr: string): boolean => isIPv6(partsOf(cidr)[0]);

/** Whether some addresses of a CIDR are private: no function outside a VPC reaches those. */
export const isPrivateCidr = (cidr: string): boolean =>
  PRIVATE.some((net) => contains(net, cidr) || contains(cidr, net));
