import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type HostsDeployment, startHostsDeployment } from '../support/hostsDeployment.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 120_000 });

let mesh: HostsDeployment;
const hosts: HostsDeployment['run'] = (args, input) => mesh.run(['hosts', ...args], input);

beforeAll(async () => {
  mesh = await startHostsDeployment(inject('dynamoEndpoint'));
});
afterAll(() => mesh.stop());

/** What changes something says where, first. */
const TARGET = `target: embedded cloud, stack Sheratan-test, pid ${process.pid}\n`;
const LINES = [
  '{"id":"a-1","endpoint":"https://a-1.test","capabilities":[{"kind":"ocr","price":5}],"tags":["eu"]}',
  '{"id":"a-2","endpoint":"https://a-2.test/api","capabilities":[{"kind":"ocr"}]}',
  '{"id":"a-3","endpoint":"https://a-3.test","capabilities":[{"kind":"ocr","price":-5}]}',
  'nonsense',
].join('\n');

describe('sheratan hosts', () => {
  it('adds one in flags, shows it, and knows it again', async () => {
    const flags = ['--kind', 'pdf=20', '--kind', 'ping', '--concurrency', '3', '--tag', 'gpu'];
    const add = ['add', 'pdf-1', 'http://10.0.0.7:8081', ...flags];
    expect(await hosts(add)).toEqual({ code: 0, stdout: 'created pdf-1\n', stderr: TARGET });
    expect(await hosts(add)).toEqual({ code: 0, stdout: 'exists pdf-1\n', stderr: TARGET });
    expect(await hosts([...add, '--interval', '5'])).toEqual({
      code: 4,
      stdout: '',
      stderr: `${TARGET}exists_with_different_probe.timeoutMs  pdf-1  is there with another probe.timeoutMs; --replace changes it\n`,
    });
    expect((await hosts([...add, '--interval', '5', '--replace'])).stdout).toBe('moved pdf-1\n');
    const shown = await hosts(['show', 'pdf-1']);
    expect(shown.stdout).toMatch(/^unknown pdf-1 http:\/\/10\.0\.0\.7:8081\n/);
    expect(shown.stdout).toContain('every 5 s, within 1666 ms, slow after 1000 ms');
    expect(shown.stdout).toMatch(/runs +pdf=20 ping=0 CRD\n/);
    expect(shown.stdout).toMatch(/uptime +day not probed, 30 days not probed/);
    expect(shown.stdout).toMatch(/slots +0 of 3 in use/);
  });

  it('adds what it can of many, and names the field of what it cannot', async () => {
    const answer = await hosts(['add', '-', '--json'], LINES);
    expect(answer.code).toBe(4);
    expect(JSON.parse(answer.stdout)).toEqual({
      hosts: [{ id: 'a-1', code: 'created' }],
      refused: [
        {
          where: 'stdin:2',
          code: 'ENDPOINT_INVALID',
          message: expect.stringMatching(/^endpoint: /),
        },
        {
          where: 'stdin:3',
          code: 'HOST_INVALID',
          message: expect.stringMatching(/^capabilities\.0\.price: /),
        },
        { where: 'stdin:4', code: 'NOT_JSON', message: expect.stringMatching(/not JSON/) },
      ],
    });
    const again = await hosts(['add', '-'], LINES);
    expect(again.stdout).toBe('exists a-1\n');
    expect(again.stderr).toMatch(/ENDPOINT_INVALID +stdin:2 .*\n.*\n.*\n1 exists, 3 refused\n$/);
  });

  it('lists them, all or some', async () => {
    const all = (await hosts(['list'])).stdout.trim().split('\n');
    expect(all.map((line) => line.split(/ +/)[0])).toEqual(['ID', 'pdf-1', 'a-1']);
    expect((await hosts([])).stdout.trim().split('\n')).toEqual(all);
    const some = JSON.parse((await hosts(['list', '--tag', 'eu', '--json'])).stdout);
    expect(some).toMatchObject([{ id: 'a-1', capabilities: [{ kind: 'ocr', price: '5' }] }]);
    const few = await hosts(['list', '--limit', '1']);
    expect(few.stderr).toBe('There are more: --limit is 1.\n');
    expect(JSON.parse((await hosts(['list', '--kind', 'none', '--json'])).stdout)).toEqual([]);
  });

  it('takes hosts out of service, says who and why, and back', async () => {
    const why = ['--by', 'ann', '--reason', 'new disk'];
    expect((await hosts(['drain', 'pdf-1', 'a-1', ...why])).stdout).toBe(
      'changed pdf-1\nchanged a-1\n',
    );
    expect((await hosts(['maintenance', 'a-1', '--for', '2h', ...why])).code).toBe(0);
    const { stdout } = await hosts(['watch', '--once']);
    const [head = '', titles = '', ...rows] = stdout.trim().split('\n');
    expect(head).toMatch(/ 2 hosts in 2 shards: 1 maintenance, 1 drained$/);
    expect(titles).toMatch(/^STATE +ID +SINCE +LATENCY +SLOTS +RUNS +WHY$/);
    expect(rows[0]).toMatch(
      /^maintenance +a-1 +- +- +0\/1 +ocr=5 CRD +by ann until .*: new disk; not probed yet$/,
    );
    expect(rows[1]).toMatch(/^drained +pdf-1 .* by ann: new disk; not probed yet$/);
    expect((await hosts(['undrain', 'pdf-1', 'a-1'])).code).toBe(0);
    const look = JSON.parse((await hosts(['watch', '--once', '--json'])).stdout);
    expect(look).toMatchObject({ shards: 2, counts: { unknown: 2 } });
  });

  it('rebuilds the rows of all shards, or of those that are named', async () => {
    const all = JSON.parse((await hosts(['rebuild', '--json'])).stdout);
    expect(all.shards).toEqual([
      { shard: '5-0', hosts: 1 },
      { shard: '60-0', hosts: 1 },
    ]);
    expect((await hosts(['rebuild', '60-0'])).stdout).toBe('rebuilt 60-0, hosts: 1\n');
  });

  it('removes them, and says when there was none', async () => {
    const answer = await hosts(['remove', 'a-1', 'nobody']);
    expect(answer).toEqual({
      code: 3,
      stdout: 'removed a-1\n',
      stderr: `${TARGET}not_found  nobody  there is no such host\n1 not_found, 1 removed\n`,
    });
    expect((await hosts(['drain', 'a-1'])).code).toBe(3);
  });

  it.each([
    ['an unknown host', ['show', 'nobody'], 3, /There is no host nobody/],
    ['a history of nobody', ['history', 'nobody'], 3, /There is no host nobody/],
    ['a host that can do nothing', ['add', 'x', 'http://x.test'], 2, /--kind NAME=PRICE/],
    ['flags without a URL', ['add', 'x', '--kind', 'pdf'], 2, /hosts add ID URL/],
    ['a missing file', ['add', 'nowhere.json'], 2, /Cannot read nowhere\.json/],
    ['a bad price', ['add', 'x', 'http://x.test', '--kind', 'pdf=ten'], 4, /minor units/],
    ['a bad time', ['drain', 'x', '--for', 'long'], 2, /90s, 15m, 2h/],
    ['a directory without workers', ['import', 'docs'], 2, /No workers\.json in/],
  ])('says what is wrong with %s', async (_what, args, code, message) => {
    const answer = await hosts(args);
    expect(answer.stderr).toMatch(message);
    expect(answer.code).toBe(code);
  });
});

describe('sheratan import hosts', () => {
  const DIR = 'tests/fixtures/legacy/hosts';
  const run = (...args: string[]) => mesh.run(['import', 'hosts', DIR, ...args]);

  it('only reports when it is dry', async () => {
    const dry = await run('--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^7 of 12 workers can come along\n/);
    expect(dry.stdout).toMatch(/worker-gpu-01 +http:\/\/10\.20\.0\.11:8081 +gpu=A10G,zone=eu-1a/);
    expect(dry.stderr).toMatch(/NO_ENDPOINT +default_worker /);
    expect(dry.stderr).toMatch(/Dry run: nothing was imported\.\n$/);
    expect((await hosts(['show', 'worker-gpu-01'])).code).toBe(3);
  });

  it('brings over who can be reached, names the others, and can be repeated', async () => {
    const first = await run();
    expect(first.code).toBe(4);
    expect(first.stdout.match(/^created /gm)).toHaveLength(7);
    expect(first.stderr).toMatch(/OWN_ADDRESS +node-A +endpoint: 127\.0\.0\.1 is the machine/);
    expect(first.stderr).toMatch(/\n7 created, 5 refused\n$/);
    const again = JSON.parse((await run('--json')).stdout);
    expect(again.hosts.every(({ code }: { code: string }) => code === 'exists')).toBe(true);
    expect(again.refused).toHaveLength(5);
    const local = await run('--local');
    expect(local.stdout.match(/^created (?:webrelay_worker|node-A|node-B)$/gm)).toHaveLength(3);
    expect(local.stderr).toMatch(/3 created, 7 exists, 2 refused/);
  });
});
