/** Settings of what the functions reach: private ranges, and the VPC that these need. */
import * as v from 'valibot';
import { isCidr, isIpv6Cidr, isPrivateCidr } from './cidr.ts';
import { flag, listOf } from './rules.ts';

const CIDR_RULE = 'must be a CIDR such as "10.1.0.0/16"';

/** A list of CIDRs. */
export const cidrs = v.pipe(
  v.array(v.pipe(v.string(CIDR_RULE), v.check(isCidr, CIDR_RULE)), 'must be a list, each a CIDR'),
  v.readonly(),
);

/** Ids of EC2, in a CDK app also references to them; `max` is what one function may have. */
const idsOf = (prefix: 'subnet' | 'sg', max: number) => {
  const rule = `must have 1 to ${max} of them`;
  const id = new RegExp(`^(?:${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})|\\$\\{Token\\[.+\\]\\})$`);
  return v.pipe(
    listOf(id, 'an id', `${prefix}-0a1b2c3d`),
    v.minLength(1, rule),
    v.maxLength(max, rule),
    v.readonly(),
  );
};

/** The network of the functions that call out. */
export const vpc = v.pipe(
  v.strictObject(
    {
      /** Private subnets from which the services of AWS can be reached, in two zones at least. */
      subnetIds: idsOf('subnet', 16),
      /** Security groups that let the functions reach the hosts, the endpoints and the internet. */
      securityGroupIds: idsOf('sg', 5),
      /** Lets the functions use IPv6; each subnet must have an IPv6 range. */
      dualStack: flag(false),
    },
    'must be an object of subnetIds, securityGroupIds and dualStack',
  ),
  v.readonly(),
);

interface Reach {
  readonly allowLoopback: boolean;
  readonly outboundAllow: readonly string[];
  readonly vpc?: v.InferOutput<typeof vpc>;
}

/** Faults of settings that are each valid but do not fit together. */
export const faultsOfReach = ({ allowLoopback, outboundAllow, vpc }: Reach): readonly string[] => {
  // The functions of an embedded cloud are in this machine's network.
  if (allowLoopback) return [];
  return outboundAllow.flatMap((cidr, index) => {
    const what = `outboundAllow.${index} ${cidr}`;
    if (!isPrivateCidr(cidr)) return [];
    if (!vpc)
      return [
        `${what} is private, and no function is in a VPC: set vpc.subnetIds and vpc.securityGroupIds (docs/deploying.md, "Private addresses")`,
      ];
    return isIpv6Cidr(cidr) && !vpc.dualStack
      ? [`${what} is of IPv6: set vpc.dualStack, with subnets that have IPv6`]
      : [];
  });
};
