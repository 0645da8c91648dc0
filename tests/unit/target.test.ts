/** Which deployment a command or a program reaches, and that it says so before it changes anything. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { send } from '#cli/commands/send.ts';
import { push } from '#cli/commands/workspace.ts';
import { addHostsCommands } from '#cli/hosts.ts';
import { addLedgerCommands } from '#cli/ledger.ts';
import { addOperatorCommands } from '#cli/operate.ts';
import { Mesh } from '#client/mesh.ts';
import { type EmbeddedState, writeState } from '#client/state.ts';
import { openTables } from '#client/tables.ts';
import { embeddedFor, findTarget } from '#client/target.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { type Account, startAccount } from '../support/account.ts';

const names = [...Object.values(OUTPUTS), ...Object.values(QUEUE_OUTPUTS)].filter(
  (name) => name !== OUTPUTS.pools,
);
const state: EmbeddedState = {
  pid: process.pid,
  stackName: 'Sheratan-dev',
  outputs: Object.fromEntries(names.map((name) => [name, '1'])),
  clientEnv: { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' },
};

let account: Account;
let home: string;

beforeAll(async () => {
  account = await startAccount();
  home = mkdtempSync(join(tmpdir(), 'sheratan-target-'));
});
afterAll(async () => {
  rmSync(home, { recursive: true });
  await account.stop();
});
beforeEach(() => {
  account.asked.length = 0;
  vi.stubEnv('SHERATAN_HOME', home);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ENDPOINT_URL', account.url);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the embedded cloud', () => {
  const running = () => state;

  it.each([
    [{}, true],
    [{ stage: 'dev' }, true],
    [{ stage: 'prod' }, false],
    [{ region: 'us-east-1' }, false],
    [{ stage: 'dev', region: 'us-east-1' }, false],
    [{ stage: 'dev', endpoint: 'http://127.0.0.1:4566' }, false],
    [{ stage: '' }, false],
    [{ region: '' }, false],
  ])('is meant by %j: %s', (options, meant) => {
    expect(embeddedFor(options, running) === state).toBe(meant);
  });

  it('never answers for another stage, a region or an endpoint', () => {
    const given = fc.option(fc.string(), { nil: undefined });
    fc.assert(
      fc.property(given, given, given, (stage, region, endpoint) => {
        const meant = [undefined, 'dev'].includes(stage) && (region ?? endpoint) === undefined;
        expect(embeddedFor({ stage, region, endpoint }, running) === state).toBe(meant);
      }),
    );
  });
});

describe('a program', () => {
  beforeEach(() => writeState(state));

  it('is connected with the embedded cloud when it names no other', async () => {
    for (const options of [{}, { stage: 'dev' }]) (await Mesh.connect(options)).close();
    expect(account.asked).toEqual([]);
  });

  it('is connected with what it names while an embedded cloud runs', async () => {
    for (const options of [{ stage: 'prod' }, { region: 'eu-west-1' }, { endpoint: account.url }])
      (await Mesh.connect(options)).close();
    expect(account.asked).toEqual([
      'us-east-1/Sheratan-prod',
      'eu-west-1/Sheratan-dev',
      'us-east-1/Sheratan-dev',
    ]);
  });

  it('is told that the cloud which runs is not the one that it asked for', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    await expect(Mesh.connect({ stage: 'prod' })).rejects.toMatchObject({
      code: 'NO_DEPLOYMENT',
      message: expect.stringMatching(/runs here is Sheratan-dev, .*for stack Sheratan-prod/),
    });
  });

  it('is connected with a mesh in any stack by its parameter, also where it may see no stack', async () => {
    const parameter = {
      ...state.outputs,
      [OUTPUTS.ownKinds]: 'hello',
      [OUTPUTS.rules]: 'every-minute,told',
    };
    const asked: string[] = [];
    for (const code of ['ValidationError', 'AccessDenied']) {
      const server = createServer((request, response) => {
        const target = String(request.headers['x-amz-target'] ?? 'DescribeStacks');
        asked.push(target);
        if (target !== 'AmazonSSM.GetParameter')
          return response
            .writeHead(400)
            .end(
              `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
            );
        const ARN = 'arn:aws:ssm:eu-west-1:111122223333:parameter/sheratan/shop/outputs';
        return response.end(
          JSON.stringify({ Parameter: { ARN, Value: JSON.stringify(parameter) } }),
        );
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const target = await findTarget({ stage: 'shop' });
      expect(target).toMatchObject({
        label: 'mesh shop in account 111122223333, region eu-west-1',
        outputs: parameter,
        machine: { rules: { names: ['every-minute', 'told'] } },
      });
      server.closeAllConnections();
      server.close();
    }
    expect(asked).toEqual(Array(2).fill(['DescribeStacks', 'AmazonSSM.GetParameter']).flat());
  });

  it('finds tables beside the deployment that it names', async () => {
    const placeOf = async (options: object) => {
      const { client, place } = await openTables(options);
      client.destroy();
      return place;
    };
    expect(await placeOf({})).toBe('embedded cloud, stack Sheratan-dev');
    expect(await placeOf({ stage: 'prod' })).toBe('AWS, region us-east-1');
    expect(await placeOf({ region: 'eu-west-1' })).toBe('AWS, region eu-west-1');
    expect(await placeOf({ endpoint: account.url })).toBe(`at ${account.url}`);
  });
});

/** Of every command that reaches a deployment: what is typed, by whether it may change something. */
const LOOK = [
  ...[
    'doctor',
    'groups list',
    'limits list',
    'state',
    'upgrade',
    'callbacks failed',
    'callbacks show x',
  ],
  ...['callbacks secret', 'schedules list', 'redrive x --dry-run'],
  ...['hosts list', 'hosts show x', 'hosts watch --once', 'hosts history x', 'hosts secret'],
  ...['ledger accounts', 'ledger balance x', 'ledger statement x', 'ledger history x'],
  ...['ledger show x', 'ledger verify', 'ledger export /dev/null', 'ledger reconcile'],
  'ledger replica --to /dev/null',
].map((text) => text.split(' '));
const CHANGE = [
  ...[
    'cancel x',
    'signal x s',
    'redrive x',
    'groups skip g',
    'groups resume g',
    'limits set s --clear',
  ],
  ...[
    'pause',
    'resume',
    'state PAUSED',
    'upgrade --finish',
    'callbacks replay x',
    'callbacks secret --rotate',
  ],
  ...['schedules pause s', 'schedules resume s', 'schedules remove s', 'schedules add s r JOB'],
  ...['hosts add x http://10.0.0.1:8080 --kind a=1', 'hosts secret --rotate', 'hosts remove x'],
  ...['hosts drain x', 'hosts maintenance x', 'hosts undrain x', 'hosts rebuild'],
  ...['hosts import HOSTS', 'import hosts HOSTS', 'import ledger LEDGER'],
  ...['ledger open x', 'ledger close x', 'ledger reopen x', 'ledger transfer t a b 1'],
  ...['ledger reverse t', 'ledger hold h a 1', 'ledger post p h b 1', 'ledger release h'],
  ...['ledger repair --yes', 'ledger reconcile --yes', 'signal x approval 1', 'retry x --from s'],
].map((text) => text.split(' '));

describe('a command', () => {
  /** Each is tried anew: options of one must not stay with the next. */
  const program = (): Command => {
    const root = new Command('sheratan').exitOverride();
    const run = (work: Promise<unknown>): Promise<void> =>
      work.then(
        () => undefined,
        () => undefined,
      );
    addOperatorCommands(root, run);
    const imports = root.command('import');
    addLedgerCommands(root, imports, run);
    addHostsCommands(root, imports, run);
    return root;
  };
  const leavesOf = (command: Command, path: readonly string[] = []): readonly string[] =>
    command.commands.flatMap((each) => {
      const name = [...path, each.name()];
      return each.commands.length > 0 ? leavesOf(each, name) : [name.join(' ')];
    });
  const files: Readonly<Record<string, () => string>> = {
    JOB: () => join(home, 'job.json'),
    HOSTS: () => 'tests/fixtures/legacy/hosts',
    LEDGER: () => home,
  };
  /** The target that it names on stderr; what it does then, here without success, is not awaited. */
  const targetOf = (work: () => Promise<unknown>): Promise<string> => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    return new Promise((resolve) => {
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
        if (String(text).startsWith('target:')) resolve(String(text));
        return true;
      });
      work().then(
        () => resolve(''),
        () => resolve(''),
      );
    });
  };
  const typed = (words: readonly string[]): Promise<string> => {
    const args = words.map((word) => files[word]?.() ?? word);
    const place = ['--stage', 'prod', '--region', 'eu-west-1'];
    return targetOf(() => program().parseAsync([...args, ...place], { from: 'user' }));
  };
  const TARGET = 'target: stack Sheratan-prod in account 000000000000, region us-east-1\n';

  beforeAll(() => {
    writeFileSync(join(home, 'job.json'), '{"kind":"echo","payload":1}');
    for (const name of ['ledger_events.jsonl', 'ledger.json'])
      writeFileSync(
        join(home, name),
        gunzipSync(readFileSync(`tests/fixtures/legacy/ledger/${name}.gz`)),
      );
  });
  beforeEach(() => writeState(state));

  it('is in one of the two lists', () => {
    const listed = [...LOOK, ...CHANGE].map((words) => words.join(' '));
    const missing = leavesOf(program()).filter(
      (name) => !listed.some((text) => `${text} `.startsWith(`${name} `)),
    );
    expect(missing).toEqual([]);
  });

  it.each(CHANGE.map((words) => [words.join(' '), words]))(
    'that may change something names its target first: %s',
    async (_text, words) => {
      expect(await typed(words as readonly string[])).toBe(TARGET);
      expect(account.asked).toEqual(['eu-west-1/Sheratan-prod']);
    },
  );

  it.each(LOOK.map((words) => [words.join(' '), words]))(
    'that only looks says nothing but what it sees: %s',
    async (_text, words) => {
      expect(await typed(words as readonly string[])).toBe('');
      expect(account.asked).toEqual(['eu-west-1/Sheratan-prod']);
    },
  );

  it('that copies the ledger names the table that it writes, first', async () => {
    expect(await typed(['ledger', 'replica', '--to', 'table:copy'])).toBe(
      'target: table copy, AWS, region eu-west-1\n',
    );
  });

  it('that sends jobs or files names its target first', async () => {
    const options = { stage: 'prod' };
    expect(await targetOf(() => send('examples/jobs.json', options))).toBe(TARGET);
    const files = { ...options, name: 'default' };
    expect(await targetOf(() => push('examples/workspace', files))).toBe(TARGET);
  });
});
