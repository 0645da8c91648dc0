/**
 * What CloudFormation asks of AWS with the rights of whoever deploys, to create, read, update, tag
 * and delete each type of resource: as the handlers of AWS's resource schemas declare it, less what
 * is only asked for properties that no resource of the stack has (replicas in other regions, keys,
 * notifications). `secretsmanager:GetSecretValue` is left out too: no value is given here.
 */
interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export type Resources = Readonly<Record<string, TemplateResource>>;

interface Right {
  readonly action: string;
  /** `*`: AWS checks it against no name. */
  readonly arn: string;
}

interface Place {
  readonly stackName: string;
  readonly resources: Resources;
}

interface Asked {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

type Rights = (asked: Asked) => readonly Right[];

const AT = 'us-east-1:123456789012';
const NAME_KEYS: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
};

/** A name that the template gives, else the one that CloudFormation makes. */
const nameOf = (id: string, { resources, stackName }: Place): string => {
  const { Type = '', Properties = {} } = resources[id] ?? {};
  const given = Properties[NAME_KEYS[Type] ?? ''];
  if (typeof given === 'string') return given;
  if (Type === 'AWS::SecretsManager::Secret') return `${id}-1a2B3c4D5e6F`;
  const made = `${stackName}-${id}-1A2B3C4D5E6F`;
  return Type === 'AWS::S3::Bucket' ? made.toLowerCase() : made;
};

/** Names of the resources that a property refers to. */
const referred = ({ properties, place }: Asked, key: string): readonly string[] => {
  const references = /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g;
  const text = JSON.stringify(properties[key] ?? []);
  return [...text.matchAll(references)].map(([, id = '']) => nameOf(id, place));
};

const on = (arns: string | readonly string[], service: string, actions: string): readonly Right[] =>
  [arns]
    .flat()
    .flatMap((arn) => actions.split(' ').map((name) => ({ action: `${service}:${name}`, arn })));

/** Of what is named itself. */
const own =
  (service: string, arnOf: (name: string) => string, actions: string): Rights =>
  ({ id, place }) =>
    on(arnOf(nameOf(id, place)), service, actions);
/** Of what belongs to something that a property refers to. */
const ofParent =
  (key: string, service: string, arnOf: (name: string) => string, actions: string): Rights =>
  (asked) =>
    on(referred(asked, key).map(arnOf), service, actions);
const nameless =
  (service: string, actions: string): Rights =>
  () =>
    on('*', service, actions);
const rolesOfTargets: Rights = ({ properties, place }) =>
  [properties['Targets']]
    .flat()
    .flatMap((target) =>
      referred({ id: '', properties: (target ?? {}) as Asked['properties'], place }, 'RoleArn'),
    )
    .flatMap((name) => on(arn.role(name), 'iam', 'PassRole'));
/** Asked only of a resource that has the property. */
const ifSet =
  (key: string, rights: Rights): Rights =>
  (asked) =>
    asked.properties[key] === undefined ? [] : rights(asked);
const all =
  (...rights: readonly Rights[]): Rights =>
  (asked) =>
    rights.flatMap((each) => each(asked));

const TAGS = 'TagResource UntagResource ListTagsForResource';
const arn = {
  bucket: (name: string) => `arn:aws:s3:::${name}`,
  table: (name: string) => `arn:aws:dynamodb:${AT}:table/${name}`,
  queue: (name: string) => `arn:aws:sqs:${AT}:${name}`,
  fn: (name: string) => `arn:aws:lambda:${AT}:function:${name}`,
  version: (name: string) => `arn:aws:lambda:${AT}:function:${name}:1`,
  alias: (name: string) => `arn:aws:lambda:${AT}:function:${name}:live`,
  role: (name: string) => `arn:aws:iam::123456789012:role/${name}`,
  logs: (name: string) => `arn:aws:logs:${AT}:log-group:${name}:*`,
  rule: (name: string) => `arn:aws:events:${AT}:rule/${name}`,
  topic: (name: string) => `arn:aws:sns:${AT}:${name}`,
  alarm: (name: string) => `arn:aws:cloudwatch:${AT}:alarm:${name}`,
  dashboard: (name: string) => `arn:aws:cloudwatch::123456789012:dashboard/${name}`,
  secret: (name: string) => `arn:aws:secretsmanager:${AT}:secret:${name}-a1B2c3`,
  group: (name: string) => `arn:aws:scheduler:${AT}:schedule-group/${name}`,
  schedule: (name: string) => `arn:aws:scheduler:${AT}:schedule/${name}/beat`,
  application: (name: string) => `arn:aws:codedeploy:${AT}:application:${name}`,
  deployments: (name: string) => `arn:aws:codedeploy:${AT}:deploymentgroup:${name}/${name}`,
  configuration: `arn:aws:codedeploy:${AT}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce`,
  asset: 'arn:aws:s3:::cdk-hnb659fds-assets-123456789012-us-east-1/code.zip',
  mapping: `arn:aws:lambda:${AT}:event-source-mapping:0a1b2c3d`,
  bootstrap: `arn:aws:ssm:${AT}:parameter/cdk-bootstrap/hnb659fds/version`,
} as const;

const ROLLOUT =
  'CreateDeploymentGroup GetDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup ' +
  `CreateDeployment GetDeployment StopDeployment ListDeployments ${TAGS}`;

const HANDLERS: Readonly<Record<string, Rights>> = {
  'AWS::DynamoDB::GlobalTable': all(
    own(
      'dynamodb',
      arn.table,
      'CreateTable DescribeTable UpdateTable DeleteTable UpdateTimeToLive DescribeTimeToLive ' +
        'UpdateContinuousBackups DescribeContinuousBackups DescribeContributorInsights ' +
        'DescribeKinesisStreamingDestination DescribeTableReplicaAutoScaling GetResourcePolicy ' +
        'ListTagsOfResource TagResource UntagResource',
    ),
    nameless('application-autoscaling', 'DescribeScalableTargets DescribeScalingPolicies'),
  ),
  'AWS::S3::Bucket': own(
    's3',
    arn.bucket,
    'CreateBucket DeleteBucket ListBucket PutBucketTagging GetBucketTagging ' +
      'PutEncryptionConfiguration GetEncryptionConfiguration PutLifecycleConfiguration ' +
      'GetLifecycleConfiguration PutBucketVersioning GetBucketVersioning ' +
      'PutBucketPublicAccessBlock GetBucketPublicAccessBlock PutBucketOwnershipControls ' +
      'GetBucketOwnershipControls GetBucketAcl GetBucketCORS GetBucketLogging ' +
      'GetBucketNotification GetBucketWebsite GetBucketObjectLockConfiguration ' +
      'GetBucketMetadataTableConfiguration GetAccelerateConfiguration GetAnalyticsConfiguration ' +
      'GetInventoryConfiguration GetMetricsConfiguration GetReplicationConfiguration ' +
      'GetIntelligentTieringConfiguration',
  ),
  'AWS::S3::BucketPolicy': ofParent(
    'Bucket',
    's3',
    arn.bucket,
    'GetBucketPolicy PutBucketPolicy DeleteBucketPolicy',
  ),
  'AWS::SQS::Queue': own(
    'sqs',
    arn.queue,
    'CreateQueue GetQueueUrl GetQueueAttributes SetQueueAttributes DeleteQueue ' +
      'TagQueue UntagQueue ListQueueTags',
  ),
  'AWS::SQS::QueuePolicy': ofParent('Queues', 'sqs', arn.queue, 'SetQueueAttributes'),
  'AWS::Lambda::Function': all(
    own(
      'lambda',
      arn.fn,
      'CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode ' +
        'UpdateFunctionConfiguration DeleteFunction PublishVersion GetFunctionCodeSigningConfig ' +
        'GetRuntimeManagementConfig GetFunctionRecursionConfig PutFunctionRecursionConfig ' +
        'GetFunctionScalingConfig ' +
        'TagResource UntagResource ListTags',
    ),
    ifSet(
      'VpcConfig',
      nameless(
        'ec2',
        'DescribeSecurityGroups DescribeSubnets DescribeVpcs DescribeNetworkInterfaces',
      ),
    ),
    ifSet(
      'ReservedConcurrentExecutions',
      own('lambda', arn.fn, 'PutFunctionConcurrency DeleteFunctionConcurrency'),
    ),
    ofParent('Role', 'iam', arn.role, 'PassRole'),
    () => on(arn.asset, 's3', 'GetObject GetObjectVersion'),
  ),
  'AWS::Lambda::Version': all(
    ofParent('FunctionName', 'lambda', arn.fn, 'PublishVersion ListVersionsByFunction'),
    ofParent('FunctionName', 'lambda', arn.version, 'GetFunctionConfiguration DeleteFunction'),
  ),
  'AWS::Lambda::Alias': ofParent(
    'FunctionName',
    'lambda',
    arn.alias,
    'CreateAlias GetAlias UpdateAlias DeleteAlias GetProvisionedConcurrencyConfig',
  ),
  'AWS::Lambda::Permission': ofParent(
    'FunctionName',
    'lambda',
    arn.fn,
    'AddPermission RemovePermission GetPolicy',
  ),
  'AWS::Lambda::EventInvokeConfig': ofParent(
    'FunctionName',
    'lambda',
    arn.fn,
    'PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig ' +
      'UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig',
  ),
  'AWS::Lambda::Url': ofParent(
    'TargetFunctionArn',
    'lambda',
    arn.fn,
    'CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig',
  ),
  'AWS::Lambda::EventSourceMapping': all(nameless('lambda', 'CreateEventSourceMapping'), () =>
    on(
      arn.mapping,
      'lambda',
      'GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping ' +
        'TagResource UntagResource ListTags',
    ),
  ),
  'AWS::IAM::Role': own(
    'iam',
    arn.role,
    'CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole ' +
      'GetRolePolicy PutRolePolicy DeleteRolePolicy ListRolePolicies AttachRolePolicy ' +
      'DetachRolePolicy ListAttachedRolePolicies TagRole UntagRole ListRoleTags',
  ),
  'AWS::IAM::Policy': ofParent(
    'Roles',
    'iam',
    arn.role,
    'PutRolePolicy GetRolePolicy DeleteRolePolicy',
  ),
  'AWS::Logs::LogGroup': all(
    own(
      'logs',
      arn.logs,
      'CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy ' +
        `GetDataProtectionPolicy ${TAGS}`,
    ),
    nameless('logs', 'DescribeLogGroups'),
  ),
  'AWS::Events::Rule': all(
    own(
      'events',
      arn.rule,
      `PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule ${TAGS}`,
    ),
    rolesOfTargets,
  ),
  'AWS::SNS::Topic': own(
    'sns',
    arn.topic,
    'CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic ListSubscriptionsByTopic ' +
      `GetDataProtectionPolicy ${TAGS}`,
  ),
  'AWS::SNS::TopicPolicy': ofParent(
    'Topics',
    'sns',
    arn.topic,
    'SetTopicAttributes GetTopicAttributes',
  ),
  'AWS::SNS::Subscription': all(
    ofParent('TopicArn', 'sns', arn.topic, 'Subscribe'),
    nameless('sns', 'GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe'),
  ),
  'AWS::CloudWatch::Alarm': all(
    own('cloudwatch', arn.alarm, `PutMetricAlarm DeleteAlarms DescribeAlarms ${TAGS}`),
  ),
  'AWS::CloudWatch::Dashboard': own(
    'cloudwatch',
    arn.dashboard,
    `PutDashboard GetDashboard DeleteDashboards ${TAGS}`,
  ),
  'AWS::SecretsManager::Secret': all(
    own(
      'secretsmanager',
      arn.secret,
      'CreateSecret DescribeSecret UpdateSecret DeleteSecret TagResource UntagResource',
    ),
    nameless('secretsmanager', 'GetRandomPassword'),
  ),
  'AWS::Scheduler::ScheduleGroup': all(
    own('scheduler', arn.group, `CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup ${TAGS}`),
    own('scheduler', arn.schedule, 'DeleteSchedule'),
  ),
  'AWS::CodeDeploy::Application': own(
    'codedeploy',
    arn.application,
    `CreateApplication GetApplication DeleteApplication ${TAGS}`,
  ),
  'AWS::CodeDeploy::DeploymentGroup': all(
    ofParent('ApplicationName', 'codedeploy', arn.deployments, ROLLOUT),
    ofParent(
      'ApplicationName',
      'codedeploy',
      arn.application,
      'GetApplicationRevision RegisterApplicationRevision',
    ),
    ofParent('ServiceRoleArn', 'iam', arn.role, 'PassRole'),
    () => on(arn.configuration, 'codedeploy', 'GetDeploymentConfig'),
  ),
};

/** @throws RangeError for a type whose handlers are not known here */
export const rightsFor = (stackName: string, resources: Resources): readonly Right[] => {
  const place = { stackName, resources };
  const found = Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) => {
    const rights = HANDLERS[Type];
    if (!rights) throw new RangeError(`What CloudFormation needs for ${Type} is not known here`);
    return rights({ id, properties: Properties, place });
  });
  return [...found, ...on(arn.bootstrap, 'ssm', 'GetParameters')];
};
