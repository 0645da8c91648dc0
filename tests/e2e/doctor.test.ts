/** Each thing that the doctor says it checks, broken for real: named, with how to fix it. */
import { readFileSync } from 'node:fs';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteQueueCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { scheduled } from '#shared/jobs/record/newRecord.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';
import { type ChangedAssembly, stillAssembly } from '../support/changedAssembly.ts';
import { type Front, startFront } from '../support/front.ts';
import { inProcess } from '../support/inProcess.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly detail: string;
  readonly fix?: string;
}

const SIGNALS = 'sheratan-dev-signals';
const HOUR_MS = 3_600_000;
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let still: ChangedAssembly;
let cloud: Sheratan;
let front: Front;
let outputs: Readonly<Record<string, string>>;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;

/** Through one address, as on AWS. */
const doctor = async () => {
  const args = ['doctor', '--json', '--stage', 'dev', '--endpoint', front.url];
  const { code, stdout, stderr } = await inProcess('/nowhere')(args);
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return { code, faults: findings.filter(({ level }) => level !== 'ok') };
};
const mappingOf = (source: string) => {
  const found = front.mappings.find(({ EventSourceArn }) => EventSourceArn.includes(source));
  if (!found) throw new Error(`nothing is mapped to ${source}`);
  return found;
};
const urlOf = (name: string): string => String(outputs['ResultsUrl']).replace('results.fifo', name);
/** What is written as if it were an hour ago. */
const anHourAgo = async (work: () => Promise<void>): Promise<void> => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - HOUR_MS });
  await work().finally(() => vi.useRealTimers());
};

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  still = stillAssembly(inject('assemblyDir'));
  cloud = await startSheratan(still.dir);
  const state = JSON.parse(readFileSync(cloud.stateFile, 'utf8'));
  const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB } = state.clientEnv;
  outputs = state.outputs;
  front = await startFront({
    assemblyDir: inject('assemblyDir'),
    stackName: state.stackName,
    outputs,
    sqs: AWS_ENDPOINT_URL_SQS,
    dynamodb: AWS_ENDPOINT_URL_DYNAMODB,
  });
  const common = { region: 'us-east-1', credentials: CREDENTIALS };
  sqs = new SQSClient({ ...common, endpoint: AWS_ENDPOINT_URL_SQS });
  dynamodb = new DynamoDBClient({ ...common, endpoint: AWS_ENDPOINT_URL_DYNAMODB });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const each of [sqs, dynamodb]) each?.destroy();
  await front?.stop();
  cloud?.stop();
  still?.remove();
});

describe('the doctor', () => {
  it('finds nothing where all is as the template has it', async () => {
    expect(await doctor()).toEqual({ code: 0, faults: [] });
  });

  it.each([
    ['jobs-low.fifo', 'jobs-low.fifo', 'worker:live'],
    ['probes', ':sheratan-dev-probes', 'prober'],
    ['table/sheratan-dev-ledger', 'table/sheratan-dev-ledger/', 'snapshotter'],
    ['table/sheratan-dev-hosts', 'table/sheratan-dev-hosts/', 'announcer'],
  ])('sees that the mapping of %s is disabled', async (name, part, reader) => {
    const mapping = mappingOf(part);
    mapping.State = 'Disabled';
    const { code, faults } = await doctor();
    mapping.State = 'Enabled';
    expect(faults).toEqual([
      {
        check: 'mappings',
        level: 'problem',
        detail: expect.stringMatching(`${name} → sheratan-dev-${reader} is Disabled$`),
        fix: `aws lambda update-event-source-mapping --uuid ${mapping.UUID} --enabled`,
      },
    ]);
    expect(code).toBe(4);
  });

  it('tells a mapping that changes from one that goes, and one that is gone', async () => {
    const [changing, going] = [mappingOf('jobs-high.fifo'), mappingOf('results.fifo')];
    const [gone] = front.mappings.splice(front.mappings.indexOf(mappingOf('postings.fifo')), 1);
    Object.assign(changing, { State: 'Updating', StateTransitionReason: 'User action' });
    going.State = 'Deleting';
    const { faults } = await doctor();
    for (const each of [changing, going]) each.State = 'Enabled';
    if (gone) front.mappings.push(gone);
    expect(faults.map(({ level, detail, fix }) => [level, detail, fix])).toEqual([
      [
        'warning',
        'sheratan-dev-jobs-high.fifo → sheratan-dev-worker:live is Updating (User action)',
        'it is being changed: look again in a minute',
      ],
      [
        'problem',
        'sheratan-dev-results.fifo → sheratan-dev-reporter is Deleting',
        'deploy the stack again when it is gone',
      ],
      ['problem', 'nothing reads sheratan-dev-postings.fifo', 'deploy the stack again'],
    ]);
  });

  it('hears it when a function does not get what its stream brings', async () => {
    const mapping = mappingOf('table/sheratan-dev-jobs/');
    mapping.LastProcessingResult = 'PROBLEM: Function call failed';
    const { faults } = await doctor();
    mapping.LastProcessingResult = 'OK';
    expect(faults).toEqual([
      expect.objectContaining({
        level: 'problem',
        detail: 'table/sheratan-dev-jobs → sheratan-dev-relay: PROBLEM: Function call failed',
        fix: expect.stringContaining('the rights of its role'),
      }),
    ]);
  });

  it('sees that the alias which the queues lead to is gone', async () => {
    front.functions.delete('sheratan-dev-worker:live');
    const { code, faults } = await doctor();
    front.functions.add('sheratan-dev-worker:live');
    expect(faults).toEqual([
      {
        check: 'functions',
        level: 'problem',
        detail: 'sheratan-dev-worker:live does not exist, so nothing of it runs',
        fix: 'deploy the stack again',
      },
    ]);
    expect(code).toBe(4);
  });

  it('sees that the rule of each minute is disabled', async () => {
    const [[name, rule] = ['', undefined]] = front.rules;
    if (rule) rule.State = 'DISABLED';
    const { faults } = await doctor();
    if (rule) rule.State = 'ENABLED';
    expect(faults).toEqual([
      {
        check: 'rules',
        level: 'problem',
        detail: `rule ${name} is DISABLED`,
        fix: `aws events enable-rule --name ${name}`,
      },
    ]);
  });

  it('sees that the account has fewer executions than may be asked for', async () => {
    front.concurrentExecutions = 10;
    const { code, faults } = await doctor();
    front.concurrentExecutions = 1_000;
    expect(faults).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail: expect.stringMatching(
          /^the functions may ask for 201 executions at once \(sheratan-dev-prober 120, sheratan-dev-worker 55, .*the account has 10 of 10 /,
        ),
        fix: expect.stringContaining('set account to "small"'),
      },
    ]);
    expect(code).toBe(0);
  });

  it('sees that everybody may take all executions by a public URL', async () => {
    front.reserved.delete(SIGNALS);
    const { code, faults } = await doctor();
    front.reserved.set(SIGNALS, 10);
    expect(faults).toEqual([
      {
        check: 'concurrency',
        level: 'warning',
        detail: expect.stringContaining(`${SIGNALS} has a public URL and no bound`),
        fix: expect.stringContaining('set account to "large"'),
      },
    ]);
    expect(code).toBe(0);
  });

  it('sees that a function with a URL is gone', async () => {
    front.functions.delete(SIGNALS);
    const { faults } = await doctor();
    front.functions.add(SIGNALS);
    expect(faults).toEqual([
      {
        check: 'functions',
        level: 'problem',
        detail: `${SIGNALS} does not exist, so nothing of it runs`,
        fix: 'deploy the stack again',
      },
    ]);
  });

  it('leaves that out where the server does not tell', async () => {
    front.concurrentExecutions = undefined;
    expect(await doctor()).toEqual({ code: 0, faults: [] });
    front.concurrentExecutions = 1_000;
  });

  it('sees that nobody takes what waits', async () => {
    const queue = 'sheratan-dev-jobs-high.fifo';
    front.metrics.set(`${queue}/ApproximateAgeOfOldestMessage`, 7_200);
    front.metrics.set(`${queue}/ApproximateNumberOfMessagesVisible`, 3);
    const { faults } = await doctor();
    front.metrics.clear();
    expect(faults.map(({ check, detail }) => [check, detail])).toEqual([
      ['age', `the oldest message of ${queue} has waited 120 min, and nothing pauses its queue`],
    ]);
  });

  it.each([
    [60_000, 'behind'],
    [-60_000, 'ahead of'],
  ])('sees that the clock is off by %i ms', async (skewMs, way) => {
    front.skewMs = skewMs;
    const { code, faults } = await doctor();
    front.skewMs = 0;
    expect(faults).toEqual([
      {
        check: 'clock',
        level: 'problem',
        detail: expect.stringMatching(`^this machine is (?:5\\d|6\\d)\\.\\d s ${way} 127.0.0.1:`),
        fix: expect.stringContaining('set its clock by NTP'),
      },
    ]);
    expect(code).toBe(4);
  });

  it.each([
    ['ListEventSourceMappings', ['concurrency', 'functions', 'mappings']],
    ['GetFunctionConfiguration', ['concurrency', 'functions']],
    ['GetAccountSettings', ['concurrency']],
    ['ListStackResources', ['concurrency', 'functions', 'rules']],
    ['GetMetricData', ['age']],
    ['ListSchedules', ['schedules']],
    ['GetQueueAttributes', ['dead letters', 'queues']],
    ['GetItem', ['age', 'ledger', 'schemas', 'state']],
    ['Query', ['jobs', 'kinds', 'ledger', 'undecided']],
  ])(
    'names what it may not look at without the right to %s, and looks at the rest',
    async (operation, checks) => {
      front.denied.add(operation);
      const { code, faults } = await doctor();
      front.denied.clear();
      expect([...new Set(faults.map(({ check }) => check))].sort()).toEqual(checks);
      for (const fault of faults)
        expect(fault).toMatchObject({
          level: 'problem',
          detail: expect.stringMatching(`^you may not look: AccessDenied.*perform: ${operation}$`),
          fix: 'ask for the rights in docs/deploying.md',
        });
      expect(code).toBe(4);
    },
  );

  it('counts holds that should have ended, and sees how far the statements are behind', async () => {
    const lanes = Number(outputs['LedgerLanes']);
    const table = String(outputs['LedgerTable']);
    const { ledger } = openLedger({ client: dynamodb, table, lanes, logger });
    const unit = 'CRD';
    await anHourAgo(async () => {
      await ledger.openAccount({ unit, account: 'mint', guarded: false });
      await ledger.openAccount({ unit, account: 'ada', guarded: true });
      const fund = { id: 'fund', unit, from: 'mint', to: 'ada', amount: 50n };
      expect(await ledger.transfer(fund)).toMatchObject({ code: 'created' });
      const hold = { id: 'forgotten', unit, from: 'ada', amount: 20n };
      const expiresAt = Date.now() + 60_000;
      expect(await ledger.hold({ ...hold, expiresAt })).toMatchObject({ code: 'created' });
    });
    expect((await doctor()).faults).toEqual([
      {
        check: 'ledger',
        level: 'problem',
        detail: expect.stringMatching(/^its statements are \d blocks and 36\d\d s behind/),
        fix: expect.stringContaining('the logs of the snapshotter'),
      },
      {
        check: 'holds',
        level: 'problem',
        detail: '1 should have ended by now',
        fix: 'look at the logs of the timekeeper, which ends them every minute',
      },
    ]);
  });

  it('names the jobs among dead letters that have not ended', async () => {
    const client = DynamoDBDocumentClient.from(dynamodb, {
      marshallOptions: { removeUndefinedValues: true },
    });
    const store = createJobStore({ client, table: String(outputs['JobsTable']) });
    const now = Date.now();
    const facts = {
      id: 'stuck',
      kind: 'echo',
      messageId: 'm',
      priority: 'low',
      group: 'g',
      source: 's',
      contentHash: 'h',
      createdAt: now,
    };
    await store.create(scheduled(facts, now, { dueAt: now }, { event: 'limited' }));
    const QueueUrl = urlOf('jobs-low-dead.fifo');
    for (const id of ['stuck', 'unknown']) {
      const MessageBody = JSON.stringify({ kind: 'echo', id, payload: 1 });
      const group = { MessageGroupId: id, MessageDeduplicationId: id };
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...group }));
    }
    const look = async () =>
      (await doctor()).faults.filter(({ check }) => check === 'dead letters');
    const expected = [
      expect.objectContaining({
        level: 'problem',
        detail:
          '2 in sheratan-dev-jobs-low-dead.fifo, among them of jobs that have not ended: stuck (LIMITED), unknown (never taken up)',
        fix: expect.stringContaining('sheratan redrive --dead-letters'),
      }),
    ];
    expect(await look()).toEqual(expected);
    // They stay where they are.
    expect(await look()).toEqual(expected);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  });

  it('misses a queue, and the dead letters of one that was changed by hand', async () => {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: urlOf('ticks-dead') }));
    const Attributes = { RedrivePolicy: '' };
    const QueueUrl = urlOf('postings.fifo');
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    const { faults } = await doctor();
    expect(faults.filter(({ check }) => check === 'queues' || check === 'dead letters')).toEqual([
      expect.objectContaining({
        detail: 'sheratan-dev-postings.fifo has no dead-letter queue',
        fix: expect.stringContaining('"cdk diff" shows what differs'),
      }),
      expect.objectContaining({
        detail: 'sheratan-dev-ticks-dead does not exist',
        fix: 'deploy the stack again',
      }),
    ]);
  });

  it('says of a table that is gone that it cannot be looked at', async () => {
    await dynamodb.send(new DeleteTableCommand({ TableName: outputs['LedgerTable'] }));
    const { code, faults } = await doctor();
    expect(faults.filter(({ check }) => check === 'ledger')).toEqual([
      {
        check: 'ledger',
        level: 'problem',
        detail: expect.stringMatching(/^could not be looked at: ResourceNotFoundException/),
        fix: 'see the reason; then run it again',
      },
    ]);
    expect(code).toBe(4);
  });
});
