/** What runs a deployment's functions, as AWS tells of it, to be broken by a test. */
import type { IncomingMessage } from 'node:http';

export interface Machines {
  /** Of the functions that mappings, rules and URLs lead to: names, with their aliases. */
  readonly functions: Set<string>;
  /** Executions that a function has for itself, by its name. */
  readonly reserved: Map<string, number>;
  /** Of the stack, by name: their state. */
  readonly rules: Map<string, { State: string; targets: readonly string[] }>;
  /** Executions at once of the whole account; undefined of a server that does not know the operation. */
  concurrentExecutions?: number | undefined;
  /** The newest value of each queue's metric, as `name of queue/name of metric`. */
  readonly metrics: Map<string, number>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export const operationOf = ({ headers, url = '' }: IncomingMessage, body: Buffer): string => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.')[1] ?? '';
  if (url.includes('/event-source-mappings')) return 'ListEventSourceMappings';
  if (url.includes('/account-settings')) return 'GetAccountSettings';
  if (url.endsWith('/concurrency')) return 'GetFunctionConcurrency';
  if (url.includes('/configuration')) return 'GetFunctionConfiguration';
  if (url.startsWith('/schedules')) return 'ListSchedules';
  return new URLSearchParams(body.toString()).get('Action') ?? '';
};

const NOT_FOUND: Answer = {
  status: 404,
  headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  body: '{"__type":"ResourceNotFoundException","message":"not found"}',
};
export const asJson = (value: unknown): Answer => ({
  status: 200,
  headers: {},
  body: JSON.stringify(value),
});

const stackResources = (rules: Machines['rules']): string => {
  const members = [...rules.keys()].map(
    (name) =>
      '<member><ResourceType>AWS::Events::Rule</ResourceType><LogicalResourceId>R' +
      `</LogicalResourceId><PhysicalResourceId>${name}</PhysicalResourceId></member>`,
  );
  return (
    '<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">' +
    `<ListStackResourcesResult><StackResourceSummaries>${members.join('')}</StackResourceSummaries>` +
    '</ListStackResourcesResult></ListStackResourcesResponse>'
  );
};

/** `/2015-03-31/functions/NAME/configuration?Qualifier=ALIAS`, as it is written in an ARN. */
const functionIn = (url: string): string => {
  const { pathname, searchParams } = new URL(url, 'http://front');
  const qualifier = searchParams.get('Qualifier');
  const name = decodeURIComponent(pathname.split('/')[3] ?? '');
  return qualifier === null ? name : `${name}:${qualifier}`;
};

interface MetricQuery {
  readonly Id: string;
  /** Absent of a search. */
  readonly MetricStat?: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: { Value: string }[] };
  };
}

/** What Lambda, EventBridge, Scheduler, CloudFormation and CloudWatch say of them; undefined of anything else. */
export const answerOfMachines = (
  operation: string,
  { url = '' }: IncomingMessage,
  body: Buffer,
  { functions, reserved, rules, metrics, concurrentExecutions }: Machines,
): Answer | undefined => {
  switch (operation) {
    case 'GetFunctionConfiguration':
      return functions.has(functionIn(url)) ? asJson({ State: 'Active' }) : NOT_FOUND;
    case 'GetAccountSettings':
      return concurrentExecutions === undefined
        ? undefined
        : asJson({
            AccountLimit: {
              ConcurrentExecutions: concurrentExecutions,
              UnreservedConcurrentExecutions: concurrentExecutions,
            },
          });
    case 'GetFunctionConcurrency':
      return asJson({ ReservedConcurrentExecutions: reserved.get(functionIn(url)) });
    case 'DescribeAlarms':
      return asJson({ MetricAlarms: [] });
    case 'FilterLogEvents':
      return asJson({ events: [] });
    case 'ListSchedules':
      return asJson({ Schedules: [] });
    case 'ListStackResources':
      return { status: 200, headers: {}, body: stackResources(rules) };
    case 'DescribeRule': {
      const { Name } = JSON.parse(body.toString()) as { Name: string };
      const rule = rules.get(Name);
      return rule ? asJson({ Name, State: rule.State }) : NOT_FOUND;
    }
    case 'ListTargetsByRule': {
      const { Rule } = JSON.parse(body.toString()) as { Rule: string };
      const targets = rules.get(Rule)?.targets ?? [];
      return asJson({ Targets: targets.map((Arn, index) => ({ Arn, Id: String(index) })) });
    }
    case 'GetMetricData': {
      const { MetricDataQueries } = JSON.parse(body.toString()) as {
        MetricDataQueries: readonly MetricQuery[];
      };
      const results = MetricDataQueries.map(({ Id, MetricStat: { Metric } = {} }) => {
        const value = metrics.get(`${Metric?.Dimensions[0]?.Value}/${Metric?.MetricName}`);
        return { Id, Values: value === undefined ? [] : [value], StatusCode: 'Complete' };
      });
      return asJson({ MetricDataResults: results });
    }
    default:
      return undefined;
  }
};
