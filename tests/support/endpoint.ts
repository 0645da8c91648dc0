/** Who answers at AWS_ENDPOINT_URL, and what it cannot do that AWS can: each shortfall by its name. */

const SHORTFALLS = {
  'MiniStack-batch-actions':
    'checks SQS batch calls as IAM actions of their own, which AWS does not have: roles get a twin of each right here',
  'MiniStack-universal-targets':
    'keeps schedules, but does not call universal targets (aws-sdk:sqs:sendMessage): no tick arrives',
  'MiniStack-alarms':
    'its CloudFormation does not know alarms on metric math: the stack is deployed without them',
  'MiniStack-execution-role':
    'its CloudFormation makes resources without looking at what the execution role may do: the deploy policy is given, but only checked against the template',
  'LocalStack-policies': 'does not enforce IAM policies in its free edition, nor the deploy policy',
  'LocalStack-TLS': 'takes requests without TLS whatever the policies say',
  'LocalStack-containers':
    "runs functions in containers, which do not reach this machine's loopback",
  'LocalStack-alias-updates':
    'its CloudFormation cannot change an alias, and loses the stack when it has to: the worker stays as it is in an update',
  'LocalStack-alias-configuration':
    'finds no configuration by the name of an alias: the doctor says that the worker does not exist, and is wrong',
  'LocalStack-group-locks':
    'delivers the next messages of a group while the first waits, and counts each receive: jobs of a paused queue have groups of their own here',
  'LocalStack-mapping-updates':
    'may say that a mapping which was changed at work is disabled, and goes on with it: no update changes one',
  'LocalStack-schedules': 'keeps schedules, but never runs them: no tick arrives',
  'LocalStack-metric-math':
    'answers a question for metric math by an internal error: the board of the console is not asked',
  'LocalStack-termination-protection':
    'destroys a stack that is protected against it: the refusal is not seen',
  'unchecked-policies': 'runs without AUTH=true: no request is checked against a policy',
  'no-TLS': 'is spoken to without TLS: whether requests without it are refused is not seen',
} as const;

type Shortfall = keyof typeof SHORTFALLS;

export interface Endpoint {
  /** undefined: the AWS account itself. */
  readonly url: string | undefined;
  readonly label: string;
  lacks(shortfall: Shortfall): boolean;
  /** For the report: one line each. */
  readonly shortfalls: readonly string[];
}

interface Health {
  readonly version?: string;
  readonly edition?: string;
  readonly auth?: string;
}

const health = async (url: string, path: string): Promise<Health | undefined> => {
  const answer = await fetch(new URL(path, url)).catch((error: unknown) => {
    throw new Error(`AWS_ENDPOINT_URL=${url} does not answer`, { cause: error });
  });
  return answer.ok ? ((await answer.json()) as Health) : undefined;
};

const describeEndpoint = (url: string | undefined, label: string, found: readonly Shortfall[]) => ({
  url,
  label,
  lacks: (shortfall: Shortfall) => found.includes(shortfall),
  shortfalls: found.map((name) => `${name}: ${SHORTFALLS[name]}`),
});

/**
 * `AWS_ENDPOINT_URL=aws` is the account that the environment's credentials belong to.
 * @throws Error when the variable is not set, or nothing answers there
 */
export const findEndpoint = async (): Promise<Endpoint> => {
  const given = process.env['AWS_ENDPOINT_URL'];
  if (!given)
    throw new Error(
      'npm run test:deployed deploys to the endpoint in AWS_ENDPOINT_URL, which is not set. Start one with scripts/ministack.sh or "docker compose up localstack" (see docs/deploying.md), or set it to "aws" for the account of your credentials.',
    );
  if (given === 'aws') {
    delete process.env['AWS_ENDPOINT_URL'];
    return describeEndpoint(undefined, 'AWS', []);
  }
  const noTls = given.startsWith('https:') ? [] : (['no-TLS'] as const);
  const ministack = await health(given, '/_ministack/health');
  if (ministack) {
    const unchecked = ministack.auth === 'enabled' ? [] : (['unchecked-policies'] as const);
    return describeEndpoint(given, `MiniStack ${ministack.version}`, [
      'MiniStack-batch-actions',
      'MiniStack-universal-targets',
      'MiniStack-alarms',
      'MiniStack-execution-role',
      ...unchecked,
      ...noTls,
    ]);
  }
  const localstack = await health(given, '/_localstack/health');
  if (localstack)
    return describeEndpoint(given, `LocalStack ${localstack.version} (${localstack.edition})`, [
      'LocalStack-policies',
      'LocalStack-TLS',
      'LocalStack-alias-updates',
      'LocalStack-alias-configuration',
      'LocalStack-group-locks',
      'LocalStack-mapping-updates',
      'LocalStack-schedules',
      'LocalStack-metric-math',
      'LocalStack-termination-protection',
      // Only an image knows its edition. Without one, functions are processes of this machine.
      ...(localstack.edition === 'unknown' ? [] : (['LocalStack-containers'] as const)),
      ...noTls,
    ]);
  return describeEndpoint(given, given, noTls);
};
