/** The stages whose templates are checked as a whole, by what is given with `-c`. */
const VPC = {
  subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'],
  securityGroupIds: ['sg-0a1b2c3d'],
  dualStack: true,
};

export const DEV = ['stage=dev'];
export const PROD = ['stage=prod'];
/** Functions with URLs, which Lambda does not have in every region. */
export const URLS = ['signalUrls=true', 'http=true'];
/** With everything that a configuration can add in every region. */
export const EVERYWHERE = [
  ...['stage=prod', 'workerDeployment=canary', 'hostEvents=true', 'alarmEmail=ops@example.com'],
  ...[`vpc=${JSON.stringify(VPC)}`, 'outboundAllow=["10.0.0.0/16"]', 'account=large'],
  'pools={"heavy":{"kinds":["walk_tree"],"memoryMb":3008}}',
];
/** With everything that a configuration can add. */
export const EVERYTHING = [...EVERYWHERE, ...URLS];
