/**
 * The stack on a real endpoint, through what its users have: SQS, the command, the client. One
 * deployment for all; the tests follow the life of it, from the first deploy to the last destroy.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Mesh } from 'sheratan/client';
import { echo, readFile } from 'sheratan/kinds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedConsole, openConsole } from '#cli/console/open.ts';
import { type Browser, CHROMIUM, NEEDS_CHROMIUM, openBrowser } from '../support/chromium.ts';
import {
  type ConsoleHands,
  createHands,
  SCENARIOS,
  seedConsole,
} from '../support/consoleScenarios.ts';
import { type Assembly, type Deployed, openDeployed } from '../support/deployed.ts';
import { addOnlooker } from '../support/onlooker.ts';
import { startReceiver, verifiedBy } from '../support/receiver.ts';

const STAGE = 'e2e';
const SETTINGS = { leaseSeconds: '6', allowLoopback: 'true', logRetentionDays: '1' };
const WITHIN = { timeoutSeconds: 120 };
/** What an update changes, and how a function is after it. */
interface Update {
  readonly settings: Readonly<Record<string, string>>;
  readonly changed: string;
  readonly after: Readonly<Record<string, unknown>>;
}
const UPDATE: Update = {
  settings: {
    leaseSeconds: '9',
    workerMemoryMb: '640',
    queueRetentionDays: '5',
    maxConcurrency: '{"low":3}',
  },
  changed: 'worker',
  after: { MemorySize: 640, Environment: { Variables: { LEASE_SECONDS: '9' } } },
};
/** The same where neither an alias nor a mapping can change. */
const UPDATE_OF_OTHERS: Update = {
  settings: { proberMemoryMb: '640' },
  changed: 'prober',
  after: { MemorySize: 640 },
};

const deployed: Deployed = await openDeployed();
const { endpoint } = deployed;
let assembly: Assembly;
let mesh: Mesh;

const sheratan = (args: readonly string[], input?: string) => deployed.sheratan(STAGE, args, input);
const lines = (...values: readonly object[]): string =>
  values.map((value) => JSON.stringify(value)).join('\n');
const outputsOf = async (stackName: string): Promise<Record<string, string>> => {
  const client = new CloudFormationClient();
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
  client.destroy();
  return Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]),
  );
};
const completed = (id: string, stage = STAGE) =>
  expect
    .poll(async () => (await deployed.sheratan(stage, ['status', id])).stdout, {
      timeout: 120_000,
      interval: 1_000,
    })
    .toMatch(/^COMPLETED /);

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly detail: string;
}

/** What the doctor always says of this endpoint, and is wrong about. */
const falsely = endpoint.lacks('LocalStack-alias-configuration')
  ? [`sheratan-${STAGE}-worker:live does not exist, so nothing of it runs`]
  : [];
const doctor = async (as?: NodeJS.ProcessEnv) => {
  const { code, stdout } = await deployed.sheratan(STAGE, ['doctor', '--json'], undefined, as);
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, faults: findings.filter(({ level }) => level !== 'ok') };
};
const faults = async (as?: NodeJS.ProcessEnv): Promise<readonly Finding[]> =>
  (await doctor(as)).faults.filter(({ detail }) => !falsely.includes(detail));

beforeAll(async () => {
  console.log(`Deploying to ${endpoint.label}.`);
  for (const text of endpoint.shortfalls) console.log(`It falls short of AWS: ${text}`);
  assembly = await deployed.synthesize(STAGE, SETTINGS);
  await deployed.deploy(assembly);
  const { url } = endpoint;
  mesh = await Mesh.connect({ stage: STAGE, ...(url && { endpoint: url }) });
});
afterAll(() => {
  mesh?.close();
  deployed.cleanUp();
  console.log(`Seconds: ${JSON.stringify(deployed.timings)}`);
});

it('is as the template says: nothing differs after the deployment', async () => {
  expect(await assembly.diff()).toMatchObject({ code: 0 });
});

it('is in good health, as the doctor sees it', async () => {
  const found = await doctor();
  expect(found.faults.map(({ detail }) => detail)).toEqual(falsely);
  expect(found.code).toBe(falsely.length === 0 ? 0 : 4);
});

it('says which mapping is disabled, and is content when it was fixed as it says', async () => {
  const lambda = new LambdaClient();
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  const { UUID } =
    EventSourceMappings.find(({ EventSourceArn = '' }) =>
      EventSourceArn.endsWith(`:sheratan-${STAGE}-probes`),
    ) ?? {};
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  const disabled = {
    check: 'mappings',
    level: 'problem',
    detail: expect.stringMatching(/^sheratan-e2e-probes → sheratan-e2e-prober is Disabled/),
    fix: `aws lambda update-event-source-mapping --uuid ${UUID} --enabled`,
  };
  await expect.poll(() => faults(), { timeout: 60_000 }).toEqual([disabled]);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  await expect.poll(() => faults(), { timeout: 60_000 }).toEqual([]);
  lambda.destroy();
});

it.runIf(
  endpoint.url !== undefined &&
    !endpoint.lacks('LocalStack-policies') &&
    !endpoint.lacks('unchecked-policies'),
)(
  'lets the doctor look with the rights that are named for it, and misses one that is not',
  async () => {
    const onlooker = await addOnlooker(`sheratan-${STAGE}-onlooker`);
    const look = () => faults(onlooker.env);
    expect(await look()).toEqual([]);
    await onlooker.forbid('lambda:ListEventSourceMappings');
    expect(await look()).toEqual(
      ['mappings', 'functions', 'concurrency'].map((check) => ({
        check,
        level: 'problem',
        detail: expect.stringMatching(/^you may not look: AccessDenied.*ListEventSourceMappings/),
        fix: 'ask for the rights in docs/deploying.md',
      })),
    );
    await onlooker.remove();
  },
);

it('runs what any SQS client sends', async () => {
  const { JobsNormalUrl } = await outputsOf(assembly.stackName);
  const sqs = new SQSClient();
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: JobsNormalUrl,
      MessageGroupId: 'plain',
      MessageDeduplicationId: 'plain-1',
      MessageBody: '{"id":"plain-1","kind":"echo","payload":{"hello":"mesh"}}',
    }),
  );
  sqs.destroy();
  await completed('plain-1');
  expect((await sheratan(['why', 'plain-1'])).stdout).toMatch(/sent[\s\S]*claimed[\s\S]*completed/);
});

it('runs the sample jobs of the command, with their files', async () => {
  expect(await sheratan(['workspace', 'push', 'examples/workspace'])).toMatchObject({ code: 0 });
  const sent = await sheratan(['send', 'examples/jobs.json', '--wait', '120']);
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringMatching(/10 jobs: 10 COMPLETED/) });
});

it('answers each view of the console, and acts from there as the command does', async () => {
  const { url } = endpoint;
  const opened = await openConsole({ stage: STAGE, port: 0, ...(url && { endpoint: url }) });
  const { origin, hash } = new URL(opened.url);
  const headers = { 'x-sheratan-token': hash.replace('#token=', '') };
  const asked = async (path: string) => {
    const response = await fetch(`${origin}/api/${path}`, { headers });
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as { readonly rows?: readonly { readonly id: string }[] };
  };
  try {
    const lost = { kind: 'read_file', payload: { path: 'no' }, id: 'console-1', missionId: 'seen' };
    await deployed.sheratan(STAGE, ['send', '-', '--wait', '120'], JSON.stringify(lost));
    for (const path of [
      ...(endpoint.lacks('LocalStack-metric-math') ? [] : ['board?range=3600']),
      ...['session', 'accounts', 'groups', 'hosts', 'schedules', 'callbacks'],
      ...['state', 'jobs', 'jobs?list=parked', 'jobs?status=COMPLETED', 'job?id=console-1'],
      ...['waits', 'verify', 'verify?do=start'],
      ...['flow?id=console-1', 'logs?id=console-1', 'body?id=console-1', 'find?q=console-1'],
    ])
      await asked(path);
    for (const path of [
      'jobs?status=DEAD',
      'jobs?mission=seen',
      'jobs?scan=yes&error=FILE_NOT_FOUND',
    ])
      await expect
        .poll(async () => (await asked(path)).rows?.map(({ id }) => id), { timeout: 30_000 })
        .toContain('console-1');
    const body = JSON.stringify({ action: 'redrive', ids: ['console-1'], reason: 'from a page' });
    const posted = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
    const done = await fetch(`${origin}/api/act`, { ...posted, body });
    expect(await done.json()).toMatchObject({ done: [{ id: 'console-1' }], refused: [] });
    const { stdout } = await deployed.sheratan(STAGE, ['why', 'console-1']);
    expect(stdout).toContain('from a page');
  } finally {
    await opened.stop();
  }
});

it('keeps the order of a group and the results of dependencies', async () => {
  const ids = ['g1', 'g2', 'g3', 'g4', 'g5'];
  const chain = ids.map((id) => ({ kind: 'echo', id, payload: id, group: 'in-order' }));
  const last = { kind: 'echo', id: 'sum', payload: ids.map((id) => ({ $result: id })) };
  expect(await sheratan(['send', '-'], lines(last, ...chain))).toMatchObject({ code: 0 });
  await completed('sum');
  expect((await mesh.status({ id: 'sum', kind: 'echo' }))?.result).toBe(JSON.stringify(ids));
  const ends = await Promise.all(
    ids.map(async (id) => (await mesh.status({ id, kind: 'echo' }))?.updatedAt ?? 0),
  );
  expect(ends).toEqual(ends.toSorted((a, b) => a - b));
});

it('answers the typed client, results and failures', async () => {
  const job = await mesh.send(echo, { n: 1 }, { idempotencyKey: 'typed' });
  expect(await mesh.result(job, WITHIN)).toEqual({ n: 1 });
  const bad = await mesh.send(readFile, { path: 'nowhere' });
  await expect(mesh.result(bad, WITHIN)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect((await sheratan(['jobs'])).stdout).toContain(bad.id);
});

it('moves money once, and proves it', async () => {
  const ledger = (...args: string[]) => sheratan(['ledger', ...args]);
  await ledger('open', 'mint', '--may-owe');
  await ledger('open', 'ada');
  const fund = ['transfer', 'fund', 'mint', 'ada', '1000'];
  expect((await ledger(...fund)).stdout).toBe('created fund\n');
  expect((await ledger(...fund)).stdout).toBe('exists fund\n');
  const cost = { payer: 'ada', amount: 300 };
  await sheratan(['send', '-'], lines({ kind: 'echo', id: 'paid', payload: 1, cost }));
  await expect
    .poll(async () => (await sheratan(['why', 'paid'])).stdout, { timeout: 120_000 })
    .toMatch(/270 from ada to sheratan:worker, 30 from ada/);
  expect(await ledger('verify')).toMatchObject({ code: 0 });
});

it.runIf(endpoint.url !== undefined && !endpoint.lacks('LocalStack-containers'))(
  'posts results, signed with the secret that the command shows',
  async () => {
    const receiver = await startReceiver();
    await mesh.send(echo, { ok: true }, { callback: { url: receiver.url } });
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(1);
    await receiver.stop();
    const secret = (await sheratan(['callbacks', 'secret'])).stdout.trim();
    expect(receiver.received.map((each) => verifiedBy(each, [secret]))).toEqual([[true]]);
  },
);

const ticks =
  !endpoint.lacks('MiniStack-universal-targets') && !endpoint.lacks('LocalStack-schedules');
it(`keeps schedules${ticks ? ', which tick' : ''}`, async () => {
  const job = lines({ kind: 'echo', payload: { at: '<aws.scheduler.scheduled-time>' } });
  expect(await sheratan(['schedules', 'add', 'beat', 'rate(1 minute)', '-'], job)).toMatchObject({
    code: 0,
  });
  expect((await sheratan(['schedules'])).stdout).toMatch(/beat +on +echo/);
  if (ticks)
    await expect
      .poll(async () => (await sheratan(['jobs', '--mission', 'schedule:beat'])).stdout, {
        timeout: 150_000,
        interval: 2_000,
      })
      .toContain('COMPLETED');
  expect(await sheratan(['schedules', 'remove', 'beat'])).toMatchObject({ code: 0 });
});

it('loses no job while its configuration changes, those queued before and those sent meanwhile', async () => {
  const held = await sheratan(['pause', '--queue', 'low', '--reason', 'an update']);
  expect(held).toMatchObject({ code: 0 });
  const orders = (count: number, priority: 'low' | 'normal', groups: number) =>
    Array.from({ length: count }, (_, n) => ({
      job: echo,
      payload: { n },
      options: { priority, group: `${priority}-${n % groups}` },
    }));
  const groups = endpoint.lacks('LocalStack-group-locks') ? 40 : 7;
  const queued = await mesh.sendMany(orders(40, 'low', groups));
  const update = endpoint.lacks('LocalStack-alias-updates') ? UPDATE_OF_OTHERS : UPDATE;
  const changed = await deployed.synthesize(STAGE, { ...SETTINGS, ...update.settings });
  let isUpdating = true;
  const updated = deployed.deploy(changed).finally(() => {
    isUpdating = false;
  });
  const send = async () => {
    const sent = [];
    while (isUpdating) {
      const jobs = await mesh.sendMany(orders(10, 'normal', 7));
      sent.push(...jobs);
      // No faster than they end: a slow server would be at it for minutes after the update.
      await Promise.race([updated, mesh.waitFor(jobs, WITHIN)]);
    }
    return sent;
  };
  const [during] = await Promise.all([send(), updated]);
  const lambda = new LambdaClient();
  const configuration = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `sheratan-${STAGE}-${update.changed}` }),
  );
  lambda.destroy();
  expect(configuration).toMatchObject(update.after);
  expect(queued.length).toBe(40);
  await sheratan(['resume', '--queue', 'low', '--reason', 'updated']);
  const records = await mesh.waitFor([...queued, ...during], { timeoutSeconds: 240 });
  const completions = records.map(
    ({ history = [] }) => history.filter(({ event }) => event === 'completed').length,
  );
  expect(records.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
  expect(completions).toEqual(records.map(() => 1));
  expect((await faults()).filter(({ level }) => level === 'problem')).toEqual([]);
  assembly = changed;
  expect(await changed.diff()).toMatchObject({ code: 0 });
});

describe.skipIf(!CHROMIUM)(`the console's page, in a browser${NEEDS_CHROMIUM}`, () => {
  const run = (args: readonly string[], input?: string) => sheratan(args, input);
  let opened: OpenedConsole;
  let browser: Browser;
  let hands: ConsoleHands;
  beforeAll(async () => {
    await seedConsole(run);
    const { url } = endpoint;
    opened = await openConsole({ stage: STAGE, port: 0, ...(url && { endpoint: url }) });
    browser = await openBrowser();
    hands = createHands(browser.page, run);
    await browser.page.goto(opened.url);
  });
  afterAll(async () => {
    await browser?.close();
    await opened?.stop();
  });

  it.each(SCENARIOS)('%s', (_title, play) => play(hands));
});

it.runIf(endpoint.url !== undefined)(
  'lives beside a production stage, whose data outlives it',
  async () => {
    const stage = 'e2e-live';
    const production = await deployed.synthesize(stage, { production: 'true', leaseSeconds: '6' });
    await deployed.deploy(production);
    const job = lines({ kind: 'echo', id: 'plain-1', payload: { of: stage } });
    await deployed.sheratan(stage, ['send', '-'], job);
    await completed('plain-1', stage);
    expect((await sheratan(['status', 'plain-1'])).stdout).toContain('"hello": "mesh"');
    expect((await deployed.sheratan(stage, ['status', 'plain-1'])).stdout).toContain(stage);
    if (endpoint.lacks('LocalStack-termination-protection')) return;
    const refused = await production.destroy();
    expect(refused.code).not.toBe(0);
    expect(`${refused.stdout}${refused.stderr}`).toMatch(/[Tt]ermination ?[Pp]rotection/);
    expect((await deployed.sheratan(stage, ['status', 'plain-1'])).code).toBe(0);
  },
);

it('is gone after it was destroyed, and the others are not', async () => {
  await deployed.destroy(assembly);
  const answer = await sheratan(['status', 'plain-1']);
  expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining('No deployment found') });
});
