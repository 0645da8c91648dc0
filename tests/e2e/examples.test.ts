/** The commands of the pages of examples/ do what the pages say, in their order on one cloud. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { accessOf, type EmbeddedState } from '#client/state.ts';
import { signedHeaders } from '#shared/jobs/callbacks/signature.ts';
import {
  blocksOf,
  freePort,
  type Program,
  pageOf,
  type Shell,
  shellIn,
} from '../support/examples.ts';
import { ringMinute } from '../support/ringMinute.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };

let cloud: Sheratan;
let state: EmbeddedState;
let shell: Shell;

beforeAll(async () => {
  cloud = await startSheratan(inject('assemblyDir'), ['--kinds', 'examples/kinds.ts']);
  state = JSON.parse(readFileSync(cloud.stateFile, 'utf8'));
  shell = shellIn(dirname(cloud.stateFile));
  // As `npm start` does.
  expect((await cloud.run(['workspace', 'push', 'examples/workspace'])).code).toBe(0);
});
afterAll(async () => {
  await shell?.stop();
  cloud?.stop();
});

const startProgram = async (command: string, port: number): Promise<Program> => {
  const program = shell.start(command, { PORT: String(port) });
  await expect.poll(program.printed, PATIENCE).toContain(`listening on ${port}`);
  return program;
};

it.each(['operator', 'kind', 'flow', 'paid', 'schedule'])('%s', async (name) => {
  const { commands, printed } = pageOf(name);
  const npx = name === 'flow' ? 'as written' : undefined;
  expect(await shell.run(commands.join(''), npx)).toMatch(printed);
});

it('callback', async () => {
  const port = await freePort();
  const { commands, printed } = pageOf('callback', port);
  const [receive = '', send = ''] = commands;
  const receiver = await startProgram(receive, port);
  await shell.run(send);
  await expect.poll(receiver.printed, PATIENCE).toMatch(printed);
  const unsigned = { method: 'POST', body: '{"id":"forged","status":"COMPLETED"}' };
  expect((await fetch(`http://127.0.0.1:${port}/`, unsigned)).status).toBe(401);
  expect(receiver.printed()).not.toContain('forged');
});

it('agent', async () => {
  const port = await freePort();
  const { commands, printed } = pageOf('agent', port);
  const [model = '', ...session] = commands;
  await startProgram(model, port);
  const given = `"toolPrice":5,"model":"http://127.0.0.1:${port}/v1/chat/completions"`;
  const text = session.join('').replaceAll('"toolPrice":5', given);
  expect(await shell.run(text)).toMatch(printed);
});

it('approval', async () => {
  const port = await freePort();
  const { commands, printed } = pageOf('approval', port);
  const [mailbox = '', send = '', rest = ''] = commands;
  const mails = await startProgram(mailbox, port);
  const given = `"to":"ada","mailbox":"http://127.0.0.1:${port}/"`;
  await shell.run(send.replace('"to":"ada"', given));
  await expect.poll(mails.printed, PATIENCE).toContain('Refuse: ');
  const [yes = '', no = ''] = mails.printed().match(/http\S+/g) ?? [];
  const page = await fetch(yes, { headers: { accept: 'text/html' } });
  expect(await page.text()).toMatch(/order-1.*<button>Approve<\/button>/);
  expect((await fetch(yes, { method: 'POST' })).status).toBe(200);
  expect((await fetch(no, { method: 'POST' })).status).toBe(409);
  expect((await fetch(`${yes}x`, { method: 'POST' })).status).toBe(404);
  expect(await shell.run(rest)).toMatch(printed);
});

const has = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const ring = async (): Promise<void> => {
  const endpoint = state.clientEnv['AWS_ENDPOINT_URL_SQS'] ?? '';
  const sqs = new SQSClient({ ...accessOf(state), endpoint });
  await ringMinute(sqs, state.outputs);
  sqs.destroy();
};

it('host', async ({ skip }) => {
  skip(!has('python3', '--version'), 'there is no python3');
  const port = await freePort();
  const { commands, printed } = pageOf('host', port);
  const [serve = '', register = '', send = ''] = commands;
  const host = await startProgram(serve, port);
  await shell.run(register);
  await ring();
  expect(await shell.run(send)).toMatch(printed);

  const secret = (await cloud.run(['hosts', 'secret'])).stdout.trim();
  const order = async (jobId: string, given: object, by = secret) => {
    const body = JSON.stringify({ jobId, kind: 'text.reverse', attempt: 1, ...given });
    const answer = await fetch(`http://127.0.0.1:${port}/run`, {
      method: 'POST',
      headers: {
        'idempotency-key': jobId,
        'sheratan-deadline': String(Date.now() + 60_000),
        ...signedHeaders([by], jobId, body, Date.now()),
      },
      body,
    });
    return [answer.status, await answer.json()];
  };
  const refused = (status: number, code: string) => [
    status,
    { error: { code, message: expect.any(String) } },
  ];
  for (const _ of [1, 2])
    expect(await order('a', { input: 'größe' })).toEqual([200, { result: 'eßörg' }]);
  expect(await order('a', { input: 'other' })).toEqual(refused(409, 'ID_TAKEN'));
  expect(await order('b', { input: 7 })).toEqual(refused(422, 'INPUT_REFUSED'));
  expect(await order('c', { kind: 'none' })).toEqual(refused(501, 'KIND_UNKNOWN'));
  expect(await order('d', { input: 'x' }, 'whsec_Z3Vlc3NlZA==')).toEqual(
    refused(401, 'SIGNATURE_INVALID'),
  );
  host.stop();
  expect(await host.ended, 'it drains').toBe(0);
});

it('python', async ({ skip }) => {
  const { commands, printed } = pageOf('python');
  const [setUp = '', send = ''] = commands;
  if (!has('.venv/bin/python', '-c', 'import boto3')) {
    const fault = await shell.run(setUp).then(() => '', String);
    skip(fault !== '', `boto3 cannot be had: ${fault}`);
  }
  expect(await shell.run(send)).toMatch(printed);
});

it("the programs of docs/protocol.md, as they stand, in one's own venv", async ({ skip }) => {
  skip(!has('.venv/bin/python', '-c', 'import boto3'), 'there is no boto3 in .venv');
  const page = readFileSync('docs/protocol.md', 'utf8');
  const program = blocksOf(page, 'python').join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'sheratan-protocol-'));
  writeFileSync(join(folder, 'program.py'), program);
  const [find = ''] = blocksOf(page, 'sh');
  const printed = await shell.run(`${find}\n.venv/bin/python ${folder}/program.py`);
  rmSync(folder, { recursive: true });
  expect(printed).toBe("{'total': 10} 200000\n");
});

const knowsSignatures = (): boolean =>
  String(spawnSync('curl', ['--help', 'all']).stdout).includes('--aws-sigv4');

it('the requests of docs/protocol.md by curl, sent again until the job has ended', async ({
  skip,
}) => {
  skip(!knowsSignatures(), 'there is no curl that signs as AWS asks');
  const page = readFileSync('docs/protocol.md', 'utf8');
  const [find = '', ...others] = blocksOf(page, 'sh');
  const requests = others.find((text) => text.startsWith('curl '));
  await expect
    .poll(() => shell.run(`${find}\n${requests}`), PATIENCE)
    .toMatch(/\{"id":"invoice-1043"\}.*"status":"COMPLETED".*"result":\{"total":10\}/s);
});

it('go', async ({ skip }) => {
  skip(!has('go', 'version'), 'there is no go');
  const { commands, printed } = pageOf('go');
  expect(await shell.run(commands.join(''))).toMatch(printed);
});
