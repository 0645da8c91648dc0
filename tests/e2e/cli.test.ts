import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { commandIn, type Sheratan, startSheratan } from '../support/sheratan.ts';

let cloud: Sheratan;
const sheratan: Sheratan['run'] = (args, input) => commandIn(dirname(cloud.stateFile))(args, input);

const childrenOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);

beforeAll(async () => {
  cloud = await startSheratan(inject('assemblyDir'));
});
afterAll(() => cloud.stop());

describe('sheratan', () => {
  it('sends from standard input, watches to the end, shows the result and the trace', async () => {
    const sent = await sheratan(['send', '-'], '{"kind":"echo","payload":{"hello":"mesh"}}');
    expect(sent).toMatchObject({
      code: 0,
      stderr: `target: embedded cloud, stack Sheratan-dev, pid ${cloud.up.pid}\n1 sent, 0 refused\n`,
    });
    const id = sent.stdout.trim();
    expect(await sheratan(['watch', id, '--timeout', '30'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/COMPLETED/),
    });
    const status = await sheratan(['status', id]);
    expect(status.stdout).toMatch(/^COMPLETED [0-9a-f-]{36}\n/);
    expect(status.stdout).toContain('"hello": "mesh"');
    const { steps } = JSON.parse((await sheratan(['why', id, '--json'])).stdout);
    expect(steps.map(({ event }: { event: string }) => event)).toEqual([
      'sent',
      'claimed',
      'completed',
    ]);
  });

  it('reports each refused line with its place and reason, sends the others, and exits with 4', async () => {
    const answer = await sheratan(['send', 'examples/bad.jsonl', '--json']);
    expect(answer.code).toBe(4);
    const report = JSON.parse(answer.stdout);
    expect(report.sent).toHaveLength(1);
    expect(report.refused).toEqual([
      { where: 'bad.jsonl:2', code: 'NOT_JSON', message: expect.stringMatching(/not JSON/) },
      { where: 'bad.jsonl:3', code: 'ENVELOPE_INVALID', message: 'kind: is missing' },
      {
        where: 'bad.jsonl:4',
        code: 'UNKNOWN_KIND',
        message: expect.stringContaining('make.coffee'),
      },
      { where: 'bad.jsonl:5', code: 'ENVELOPE_INVALID', message: expect.stringMatching(/^id: /) },
      { where: 'bad.jsonl:6', code: 'ENVELOPE_INVALID', message: 'colour: unknown field' },
      {
        where: 'bad.jsonl:7',
        code: 'PAYLOAD_INVALID',
        message: expect.stringMatching(/^payload\.path: /),
      },
    ]);
  });

  it('tells what the original system decided about a job, before what the mesh did', async () => {
    const id = '484ac19a-14e9-4e0a-9c9a-c26f3bdd1c32';
    const lines = ['import', 'history', 'tests/fixtures/legacy/history'];
    expect(await sheratan(lines)).toMatchObject({ code: 0, stdout: '10 decisions about 3 jobs\n' });
    const before = await sheratan(['why', id]);
    expect(before.stdout).toContain(`${id}, a job of the original system\n`);
    expect(before.stdout).toMatch(/dispatch_job +original system: ROUTE success, pending→working /);
    await sheratan(['send', '-', '--wait', '30'], JSON.stringify({ kind: 'echo', payload: 1, id }));
    await sheratan(lines);
    const { steps } = JSON.parse((await sheratan(['why', id, '--json'])).stdout);
    expect(steps.map(({ event }: { event: string }) => event)).toEqual([
      ...['dispatch_job', 'job_status_change', 'complete_job', 'job_status_change'],
      ...['sent', 'claimed', 'completed'],
    ]);
  });

  it('serves the same jobs by HTTP', async () => {
    const { ApiUrl = '' } = JSON.parse(readFileSync(cloud.stateFile, 'utf8')).outputs;
    const body = JSON.stringify({ kind: 'echo', payload: { by: 'http' } });
    const sent = await fetch(`${ApiUrl}jobs`, { method: 'POST', body });
    expect(sent.status).toBe(202);
    const headers = { origin: 'https://example.org' };
    expect((await fetch(`${ApiUrl}jobs`, { method: 'POST', body, headers })).status).toBe(403);
    const { id } = (await sent.json()) as { id: string };
    expect((await sheratan(['watch', id, '--timeout', '30'])).code).toBe(0);
    const shown = await fetch(`${ApiUrl}jobs/${id}`);
    expect(await shown.json()).toMatchObject({ status: 'COMPLETED', result: { by: 'http' } });
  });

  it('gives scripts an exit code for a failed job and lists it for people', async () => {
    const job = '{"kind":"read_file","id":"lost","payload":{"path":"nowhere"},"missionId":"m-1"}';
    expect(await sheratan(['send', '-', '--wait', '30'], job)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('1 jobs: 1 DEAD'),
    });
    expect((await sheratan(['status', 'lost'])).code).toBe(4);
    const listed = await sheratan(['jobs']);
    expect(listed.stdout).toMatch(
      /DEAD +lost +read_file .*FILE_NOT_FOUND: file does not exist: nowhere/,
    );
    expect((await sheratan(['jobs', '--mission', 'm-1'])).stdout).toContain('lost');
    expect((await sheratan(['jobs', '--mission', 'm-2'])).stderr).toContain(
      'No job carries the label m-2',
    );
  });

  it.each([
    ['an unknown job', ['status', 'nobody'], 3, /No record of job nobody/],
    ['an unknown command', ['sned'], 2, /Did you mean send/],
    ['a missing file', ['send', 'nowhere.json'], 2, /Cannot read nowhere\.json/],
    ['a directory without job files', ['send', '--legacy', 'docs'], 2, /No \*\.job\.json/],
    ['a bad number', ['jobs', '--limit', 'many'], 2, /whole number/],
    ['a second embedded cloud', ['up'], 1, /runs already/],
    [
      'no deployment',
      ['status', 'x', '--endpoint', 'http://127.0.0.1:9', '--region', 'us-east-1'],
      1,
      /No deployment found/,
    ],
  ])('says what is wrong with %s', async (_what, args, code, message) => {
    const answer = await sheratan(args);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toMatch(message);
  });

  it('leaves no process and no trace of itself after Ctrl-C', async () => {
    const { up, stateFile } = cloud;
    const children = childrenOf(up.pid ?? 0);
    expect(children.length).toBeGreaterThan(1);
    const exited = new Promise<number | null>((resolve) => up.once('exit', resolve));
    up.kill('SIGINT');
    expect(await exited).toBe(0);
    // The guard of the others sees the end of its parent, and ends then.
    await expect
      .poll(() => children.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 60_000 })
      .toEqual([]);
    expect(existsSync(stateFile)).toBe(false);
  });
});
