import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { dashboardBodyOf, dashboardOf } from '#infra/monitoring/dashboard.ts';
import { type Inventory, inventoryOf, nameIn } from '#infra/monitoring/inventory.ts';
import { runbookOf } from '#infra/monitoring/runbook.ts';
import type { MetricRef, Series } from '#infra/monitoring/spec.ts';
import { FUNCTIONS, OPTIONAL_FUNCTIONS } from '#shared/contracts/functions.ts';
import {
  EMITTED,
  JOB_METRICS,
  KIND_METRICS,
  LEDGER_METRICS,
  MESH_METRICS,
  USAGE_METRICS,
} from '#shared/contracts/metrics.ts';
import { inputOf } from '#shared/schedules/schedule.ts';
import { propertiesIn, type Resource, resourcesIn } from '../support/assembly.ts';

let resources: readonly Resource[];
beforeAll(() => {
  resources = resourcesIn(inject('assemblyDir'));
});

const of = (type: string) => propertiesIn(resources, type);

/** With the prober, whether or not it is deployed yet. */
/** As the stack of the tests has it. */
const deployed = inventoryOf('dev', [...FUNCTIONS, ...OPTIONAL_FUNCTIONS]);
const full = inventoryOf('dev', [...new Set([...FUNCTIONS, 'prober'])]);
const series = (inventory: Inventory): readonly Series[] => [
  ...dashboardOf(inventory).rows.flatMap(({ widgets }) => widgets.flatMap((each) => each.series)),
  ...alarmsOf(inventory).flatMap((alarm) => alarm.series),
];
const metricsOf = (all: readonly Series[]): readonly MetricRef[] =>
  all.flatMap((each) => (each.kind === 'math' ? [] : [each.metric]));

/** What expressions refer to. */
const wordsOf = (all: readonly Series[]): readonly string[] =>
  all.flatMap((each) => (each.kind === 'math' ? (each.expression.match(/\b[a-z]\w*/g) ?? []) : []));

/** AWS's own metrics that are meant, with the dimension that they have. */
const AWS: Readonly<Record<string, { dimension: string; names: readonly string[] }>> = {
  'AWS/SQS': {
    dimension: 'QueueName',
    names: [
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesVisible',
      'NumberOfEmptyReceives',
      'NumberOfMessagesReceived',
      'NumberOfMessagesSent',
    ],
  },
  'AWS/Lambda': {
    dimension: 'FunctionName',
    names: [
      'ConcurrentExecutions',
      'Duration',
      'Errors',
      'Invocations',
      'IteratorAge',
      'Throttles',
    ],
  },
  'AWS/DynamoDB': { dimension: 'TableName', names: ['ReadThrottleEvents', 'WriteThrottleEvents'] },
};

describe('every metric that is shown or watched', () => {
  it('is one that a function emits, or one of AWS with the dimension that AWS gives it', () => {
    for (const { namespace, name, dimensions } of metricsOf(series(full))) {
      const { service, ...others } = dimensions;
      const aws = AWS[namespace];
      if (aws) {
        expect(aws.names).toContain(name);
        expect(Object.keys(dimensions)).toEqual([aws.dimension]);
        continue;
      }
      expect(namespace).toBe('Sheratan-dev');
      expect(others).toEqual({});
      const known = service ? EMITTED[service] : Object.values(USAGE_METRICS);
      expect(known).toContain(name);
    }
  });

  it('has a place in the code that emits it', () => {
    const code = ['shared/runtime', 'shared/aws', 'functions']
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => readFileSync(join(folder, name), 'utf8')),
      )
      .join('\n');
    const groups = { JOB_METRICS, LEDGER_METRICS, MESH_METRICS, USAGE_METRICS };
    const places = Object.entries(groups).flatMap(([group, metrics]) =>
      Object.keys(metrics).map((key) => `${group}.${key}`),
    );
    expect(places.filter((place) => !code.includes(place))).toEqual([]);
  });

  it('by kind is one that is emitted by kind', () => {
    const searched = series(full).flatMap((each) =>
      each.kind === 'search' ? [each.metric.name] : [],
    );
    expect([...new Set(searched)].sort()).toEqual([...KIND_METRICS].sort());
  });

  it('names a queue, a function and a table of the template', () => {
    const names = new Set([
      ...of('AWS::SQS::Queue').map(({ QueueName }) => QueueName),
      ...of('AWS::Lambda::Function').map(({ FunctionName }) => FunctionName),
      ...of('AWS::DynamoDB::GlobalTable').map(({ TableName }) => TableName),
    ]);
    const used = metricsOf(series(inventoryOf('dev')))
      .filter(({ namespace }) => namespace in AWS)
      .flatMap(({ dimensions }) => Object.values(dimensions));
    expect([...new Set(used)].filter((name) => !names.has(name))).toEqual([]);
  });

  it('stands beside no other with its id, and each expression refers to one that is there', () => {
    const groups = [
      ...dashboardOf(full).rows.flatMap(({ widgets }) => widgets.map((each) => each.series)),
      ...alarmsOf(full).map((alarm) => alarm.series),
    ];
    for (const group of groups) {
      const ids = group.flatMap(({ id }) => id ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => !/^[a-z][a-zA-Z0-9_]*$/.test(id))).toEqual([]);
      expect(wordsOf(group).filter((word) => !ids.includes(word))).toEqual([]);
    }
  });
});

describe('the inventory', () => {
  it('is what the template has: functions with their timeouts, queues of the given up, tables', () => {
    const { functions, deadLetters, tables, namespace } = deployed;
    const found = of('AWS::Lambda::Function').map(({ FunctionName, Timeout }) => ({
      name: String(FunctionName).replace('sheratan-dev-', ''),
      timeoutSeconds: Timeout,
    }));
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect([...functions].sort(byName)).toEqual(found.sort(byName));
    const dead = of('AWS::SQS::Queue')
      .map(({ QueueName }) => String(QueueName))
      .filter((name) => /-dead|-failures/.test(name));
    const stage = { stage: 'dev' };
    expect(deadLetters.map(({ queue }) => nameIn(stage, queue)).sort()).toEqual(dead.sort());
    expect(tables.map((table) => nameIn(stage, table)).sort()).toEqual(
      of('AWS::DynamoDB::GlobalTable')
        .map(({ TableName }) => TableName)
        .sort(),
    );
    for (const { Environment } of of('AWS::Lambda::Function'))
      expect(Environment).toMatchObject({ Variables: { METRICS_NAMESPACE: namespace } });
  });

  it('knows every function behind a stream', () => {
    const streamed = of('AWS::Lambda::EventSourceMapping').filter(
      ({ StartingPosition }) => StartingPosition !== undefined,
    );
    expect(streamed).toHaveLength(inventoryOf('dev').streamed.length);
  });
});

describe('the dashboard', () => {
  const body = dashboardBodyOf(dashboardOf(full), 'us-east-1', []);

  it('lays its widgets out without overlap, inside its 24 columns', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of body.widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1)
        for (let row = y; row < y + height; row += 1) {
          expect(taken).not.toContain(`${column},${row}`);
          taken.add(`${column},${row}`);
        }
    }
  });

  it('stays below what CloudWatch allows: 500 widgets, 500 metrics each, 2,500 in all', () => {
    const metrics = body.widgets.flatMap(
      ({ properties }) => (properties as { metrics?: unknown[] }).metrics ?? [],
    );
    expect(body.widgets.length).toBeLessThan(500);
    expect(metrics.length).toBeLessThan(500);
  });

  it('searches for kinds in CloudWatch’s own words', () => {
    expect(JSON.stringify(body.widgets)).toContain(
      JSON.stringify({
        expression: `SEARCH('{"Sheratan-dev",service,kind} MetricName="JobTimeToStart" service="worker"', 'p90', 60)`,
        label: `\${PROP('Dim.kind')} p90`,
      }),
    );
  });

  it('is in the template, once, with every row', () => {
    const [dashboard, ...others] = of('AWS::CloudWatch::Dashboard');
    expect(others).toEqual([]);
    const text = JSON.stringify(dashboard);
    for (const { title, widgets } of dashboardOf(inventoryOf('dev')).rows) {
      expect(text).toContain(`## ${title}`);
      for (const widget of widgets) expect(text).toContain(widget.title);
    }
  });
});

describe('the alarms', () => {
  it('are all in the template, and each tells the topic by itself when it begins and when it ends', () => {
    const specs = alarmsOf(deployed);
    const alarms = of('AWS::CloudWatch::Alarm');
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual(
      specs.map(({ id }) => `sheratan-dev-${id}`).sort(),
    );
    const [topic, ...others] = of('AWS::SNS::Topic').filter(({ TopicName }) =>
      String(TopicName).endsWith('-alarms'),
    );
    expect([topic?.['TopicName'], others]).toEqual(['sheratan-dev-alarms', []]);
    for (const { AlarmActions, OKActions } of alarms) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringContaining('Monitoring') }]);
      expect(OKActions).toEqual(AlarmActions);
    }
    // While it lasts it says nothing of what begins beside it.
    expect(of('AWS::CloudWatch::CompositeAlarm')).toEqual([]);
  });

  it('say first whether somebody is woken', () => {
    const severities = new Map(
      alarmsOf(deployed).map(({ id, severity }) => [`sheratan-dev-${id}`, severity]),
    );
    for (const { AlarmName, AlarmDescription } of of('AWS::CloudWatch::Alarm'))
      expect(String(AlarmDescription).split(':')[0]?.toLowerCase()).toBe(
        severities.get(String(AlarmName)),
      );
  });

  it('say what they mean and what to do, whole, where they go off', () => {
    for (const { AlarmDescription } of of('AWS::CloudWatch::Alarm')) {
      expect(AlarmDescription).toMatch(/First look: .+\nFirst action: .+\ndocs\/runbook\.md$/);
    }
  });

  it('cover every dead-letter queue, priority, stream and function, and the dead man’s switch', () => {
    const ids = alarmsOf(full).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const starting = (text: string) => ids.filter((id) => id.startsWith(text)).length;
    expect(starting('DeadLetters')).toBe(full.deadLetters.length);
    expect([starting('OldestMessage'), starting('JobsLate')]).toEqual([4, 4]);
    expect(starting('InFlight')).toBe(6);
    expect(starting('Throttled')).toBe(2 * full.tables.length);
    expect(starting('StreamLag')).toBe(full.streamed.length);
    expect(starting('Errors')).toBe(full.functions.length);
    const dead = alarmsOf(full).find(({ id }) => id === 'ProberDead');
    expect(dead?.missing.as).toBe('breaching');
  });

  it('of schedule ticks tell how a body becomes an envelope again, and where its reason is', () => {
    const ticks = alarmsOf(full).find(({ id }) => id === 'DeadLettersScheduleTicks');
    expect(ticks?.runbook.firstLook).toContain('--message-attribute-names All');
    expect(ticks?.runbook.firstAction).toContain('jq -r .MessageBody');
    const message = { kind: 'echo', body: '{"kind":"echo"}', group: 'g', deduplicationId: 'd' };
    const input = inputOf({ ...message, priority: 'normal' }, 'https://queue');
    expect(JSON.parse(input)).toMatchObject({ MessageBody: message.body });
  });

  it('are in the runbook as they are: npm run runbook', () => {
    const written = readFileSync('docs/runbook.md', 'utf8');
    expect(written).toBe(runbookOf(alarmsOf(inventoryOf('dev'))));
  });
});
