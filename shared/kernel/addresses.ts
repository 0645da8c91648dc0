/**
 * What outbound requests may reach: public addresses always, private addresses only by
 * configuration, metadata addresses never. The request connects to the very address that was
 * checked, so a name that resolves to another address a moment later gains nothing.
 */
import type { LookupAddress } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { OutboundError, outboundUrl } from './outboundUrl.ts';

const FORBIDDEN_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
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

/**
 * Special ranges within global unicast (2000::/3). All IPv6 outside 2000::/3 is forbidden anyway.
 */
const FORBIDDEN_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/**
 * Never allowed, by no configuration. Metadata services of instances, tasks, clusters and platforms
 * hand out credentials; their addresses are link-local or belong to the cloud. Translated addresses
 * (NAT64) would lead to the same services.
 */
const NEVER = [
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
] as const;

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

const listOf = (subnets: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, familyOf(net));
  return list;
};

const forbidden = listOf([...FORBIDDEN_V4, ...FORBIDDEN_V6]);
const global6 = listOf([['2000::', 3]]);
const never = listOf(NEVER);

/** The IPv4 address inside an IPv4-mapped IPv6 address; any other address unchanged. */
const unmapped = (address: string): string => {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [h >> 8, h & 255, l >> 8, l & 255].join('.');
};

/** Splits a CIDR. An address without a prefix length means that one address only. */
const subnetOf = (cidr: string): readonly [string, number] => {
  const [net = '', prefix] = cidr.split('/');
  return [net, prefix === undefined ? (isIPv6(net) ? 128 : 32) : Number(prefix)];
};

/** Whether an IP address may be reached. */
export type AddressCheck = (address: string) => boolean;

/** Whether no configuration allows the address. */
const isNever = (given: string): boolean => {
  const address = unmapped(given);
  // An address with a zone ("%eth0") belongs to one link, so the address is not global.
  return isIP(address) === 0 || address.includes('%') || never.check(address, familyOf(address));
};

/**
 * Makes the check of addresses. Text that is no IP address is refused.
 * @param allow CIDRs that may be reached although they are private; metadata addresses stay
 * forbidden
 */
export const addressCheck = (allow: readonly string[]): AddressCheck => {
  const allowed = listOf(allow.map(subnetOf));
  return (given) => {
    if (isNever(given)) return false;
    const address = unmapped(given);
    const family = familyOf(address);
    if (allowed.check(address, family)) return true;
    if (family === 'ipv6' && !global6.check(address, family)) return false;
    return !forbidden.check(address, family);
  };
};

/** @param name the name that resolved to the address; none when the URL holds the address itself */
const forbiddenAddress = (address: string, name?: string): OutboundError =>
  new OutboundError(
    'ADDRESS_FORBIDDEN',
    `${name === undefined ? address : `${name} (${address})`} is ${
      isNever(address)
        ? 'a metadata or link-local address, which is never reached'
        : 'a private or local address; allow it by CIDR in outboundAllow'
    }`,
  );

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** Resolves by the system's resolver. Rejects with its error when the name has no address. */
export const systemResolve: Resolve = (name) => resolveName(name, { all: true });

export interface Outbound {
  /**
   * The parsed URL, when a request to it is allowed. A name's addresses are checked by {@link
   * lookup}.
   * @throws OutboundError URL_INVALID, PORT_FORBIDDEN, ADDRESS_FORBIDDEN
   */
  check(url: string): URL;
  /**
   * For `node:net`: fails with ADDRESS_FORBIDDEN unless every address of the name may be reached.
   */
  readonly lookup: LookupFunction;
}

const guardedLookup =
  (isAllowed: AddressCheck, resolve: Resolve): LookupFunction =>
  (name, options, callback) => {
    const decide = async (): Promise<readonly LookupAddress[]> => {
      const addresses = await resolve(name);
      const closed = addresses.find(({ address }) => !isAllowed(address));
      if (closed) throw forbiddenAddress(closed.address, name);
      return addresses;
    };
    decide().then(
      (open) => {
        const [first] = open;
        if (options.all) callback(null, [...open]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };

/**
 * The guard of outbound requests: use `check` for the URL and `lookup` for the connection.
 * @param options.allow CIDRs that may be reached although they are private
 */
export const createOutbound = (options: {
  readonly allow: readonly string[];
  readonly resolve?: Resolve | undefined;
}): Outbound => {
  const isAllowed = addressCheck(options.allow);
  return {
    lookup: guardedLookup(isAllowed, options.resolve ?? systemResolve),
    check: (text) => {
      const url = outboundUrl(text);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      // Node makes no lookup for an address in the URL, so the address is checked here.
      if (isIP(host) !== 0 && !isAllowed(host)) throw forbiddenAddress(host);
      return url;
    },
  };
};
