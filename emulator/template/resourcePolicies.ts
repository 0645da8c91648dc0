/**
 * What the services of AWS may do with the resources of a template: by the resource's own policy, or
 * by the role that a service takes on. An explicit denial counts, then an explicit allowance, else
 * nothing is allowed.
 */
import { LocalCloudError } from '../errors.ts';
import { object, type Properties, resourcesOf } from './properties.ts';
import type { ResolveContext } from './resolve.ts';
import type { Template } from './template.ts';

/** A service of AWS that wants to do something for a resource of this account. */
export interface ServiceRequest {
  /** Such as `events.amazonaws.com`. */
  readonly service: string;
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  readonly resourceArn: string;
  /** The resource on whose behalf the service asks. */
  readonly sourceArn: string;
  /** The role that the service takes on; then the role's policies allow, in place of the resource's. */
  readonly roleArn?: string | undefined;
}

interface Statement {
  /** The resource whose policy this is. */
  readonly of: string;
  readonly id: string;
  readonly body: Properties;
}

const list = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((each) => each !== undefined).map(String);

const isLike = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(text);

const OPERATORS: Readonly<Record<string, (wanted: string, value: string) => boolean>> = {
  StringEquals: (wanted, value) => wanted === value,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
  Bool: (wanted, value) => wanted === value,
};

const unsupported = (id: string, what: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Policy ${id}: ${what} is not supported here`);
};

/** The keys of conditions that a service's request has. */
const keysOf = (sourceArn: string, accountId: string): Readonly<Record<string, string>> => ({
  'aws:sourcearn': sourceArn,
  'aws:sourceaccount': accountId,
  'aws:securetransport': 'true',
});

/** Every operator and key of a condition, with what the policy wants. */
const conditionsOf = (body: Properties) =>
  Object.entries(object(body['Condition'])).flatMap(([operator, keys]) =>
    Object.entries(object(keys)).map(([key, wanted]) => ({
      operator,
      key: key.toLowerCase(),
      wanted: list(wanted),
    })),
  );

const check = ({ id, body }: Statement): void => {
  const known = keysOf('', '');
  for (const { operator, key } of conditionsOf(body)) {
    if (!(operator in OPERATORS)) unsupported(id, `the condition ${operator}`);
    if (!(key in known)) unsupported(id, `the condition key ${key}`);
  }
  for (const field of ['NotPrincipal', 'NotAction', 'NotResource'])
    if (field in body) unsupported(id, field);
};

const isOfService = (principal: unknown, service: string): boolean =>
  // The policies of a role name no principal: they are the role's.
  principal === undefined ||
  principal === '*' ||
  list(object(principal)['AWS']).includes('*') ||
  list(object(principal)['Service']).includes(service);

const applies = (
  { body }: Statement,
  { service, action, resourceArn, sourceArn }: ServiceRequest,
  accountId: string,
): boolean => {
  const keys = keysOf(sourceArn, accountId);
  return (
    isOfService(body['Principal'], service) &&
    list(body['Action']).some((each) => isLike(each.toLowerCase(), action.toLowerCase())) &&
    list(body['Resource'] ?? resourceArn).some((each) => isLike(each, resourceArn)) &&
    conditionsOf(body).every(({ operator, key, wanted }) =>
      wanted.some((value) => OPERATORS[operator]?.(value, keys[key] ?? '') ?? false),
    )
  );
};

/** A permission of a function, as the statement that AWS makes of it. */
const permissionOf = (id: string, properties: Properties): Statement => {
  const { FunctionName, Action, Principal, SourceArn, SourceAccount } = properties;
  return {
    of: String(FunctionName),
    id,
    body: {
      Effect: 'Allow',
      Principal: { Service: Principal },
      Action,
      Condition: {
        ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount !== undefined && {
          StringEquals: { 'aws:SourceAccount': SourceAccount },
        }),
      },
    },
  };
};

const statementsIn = (template: Template, context: ResolveContext): readonly Statement[] => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const arns = new Map(
    of('AWS::SQS::Queue').map(({ ref, attributes }) => [ref, attributes['Arn'] ?? ref]),
  );
  const attached = (type: string, field: string) =>
    of(type).flatMap(({ id, properties }) =>
      list(properties[field]).flatMap((owner) =>
        (object(properties['PolicyDocument'])['Statement'] as readonly unknown[]).map((each) => ({
          of: arns.get(owner) ?? owner,
          id,
          body: object(each),
        })),
      ),
    );
  return [
    ...attached('AWS::SQS::QueuePolicy', 'Queues'),
    ...attached('AWS::SNS::TopicPolicy', 'Topics'),
    ...of('AWS::Lambda::Permission').map(({ id, properties }) => permissionOf(id, properties)),
  ];
};

const TRUST = 'sts:AssumeRole';

/** Services that are judged here by the role that they take on. */
const TAKE_ROLES = ['events.amazonaws.com', 'scheduler.amazonaws.com'];

/** Of each role that a service may take on: who may, and what the role may then do. */
const statementsOfRoles = (template: Template, context: ResolveContext): readonly Statement[] => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const roles = of('AWS::IAM::Role').filter(({ properties }) => {
    const trust = JSON.stringify(properties['AssumeRolePolicyDocument'] ?? {});
    return TAKE_ROLES.some((service) => trust.includes(service));
  });
  const within = (id: string, owner: string, document: unknown): readonly Statement[] =>
    (object(document)['Statement'] as readonly unknown[]).map((each) => ({
      of: owner,
      id,
      body: object(each),
    }));
  return roles.flatMap(({ id, ref, attributes, properties }) => {
    const owner = attributes['Arn'] ?? ref;
    const attached = of('AWS::IAM::Policy').filter(({ properties: { Roles } }) =>
      list(Roles).includes(ref),
    );
    return [
      ...within(id, owner, properties['AssumeRolePolicyDocument']).map(({ body, ...rest }) => ({
        ...rest,
        body: { ...body, Resource: owner },
      })),
      ...attached.flatMap((each) => within(each.id, owner, each.properties['PolicyDocument'])),
    ];
  });
};

/**
 * The policies of a template's queues, topics and functions.
 *
 * @returns whether a service may do what it asks for
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a policy that cannot be judged here
 */
export const resourcePolicies = (
  template: Template,
  context: ResolveContext,
  accountId: string,
): ((request: ServiceRequest) => boolean) => {
  const statements = [...statementsIn(template, context), ...statementsOfRoles(template, context)];
  for (const each of statements) check(each);
  const says = (effect: string, of: string, request: ServiceRequest): boolean =>
    statements.some(
      (each) =>
        each.of === of && each.body['Effect'] === effect && applies(each, request, accountId),
    );
  const isAllowedBy = (of: string, request: ServiceRequest): boolean =>
    says('Allow', of, request) && !says('Deny', of, request);
  return (request) => {
    const { roleArn, resourceArn } = request;
    if (roleArn === undefined) return isAllowedBy(resourceArn, request);
    const takesOn = { ...request, action: TRUST, resourceArn: roleArn };
    return (
      isAllowedBy(roleArn, takesOn) &&
      isAllowedBy(roleArn, request) &&
      !says('Deny', resourceArn, request)
    );
  };
};
