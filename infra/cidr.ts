/**
 * CIDRs of the configuration: whether a CIDR is well-formed, and whether its addresses need a VPC.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Networks that are not on the public internet: RFC 1918, RFC 6598 and RFC 4193. */
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

/** Whether a text is an IP address, a slash and a valid length of prefix. */
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

/** Whether a CIDR is an IPv6 network. */
export const isIpv6Cidr = (cidr: string): boolean => isIPv6(partsOf(cidr)[0]);

/** Whether a CIDR has private addresses: a function outside a VPC cannot reach them. */
export const isPrivateCidr = (cidr: string): boolean =>
  PRIVATE.some((net) => contains(net, cidr) || contains(cidr, net));
