import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runJob } from 'sheratan/testing';
import { agent } from './agent.ts';

const FILE = 'tests/fixtures/legacy/webrelay_out/6eebf87a-2e8e-40af-a6d5-83d0ef1f4ef3.job.json';
/** A job of the original system, as the original system wrote it. */
const { payload } = JSON.parse(readFileSync(FILE, 'utf8'));

const says = (message: object) => ({
  status: 200,
  headers: {},
  truncated: false,
  body: JSON.stringify({ choices: [{ message: { role: 'assistant', ...message } }] }),
});

const writes = {
  tool_calls: [{ id: 'c1', function: { name: 'write_file', arguments: '{"path":"PLAN.md"}' } }],
};

/** The model writes once, and then says what came of that. */
const http = {
  request: async ({ body = '' }: { readonly body?: string }) => {
    const last = JSON.parse(body).messages.at(-1);
    return says(last.role === 'tool' ? { content: last.content } : writes);
  },
};

test('a chain of the original system is one job, which asks a person', async () => {
  const { result, journal } = await runJob(agent, payload, {
    http,
    signals: { 'approve c1': { by: 'ada' } },
    calls: { write_file: () => ({ written: 1 }) },
  });
  assert.deepEqual(result, { answer: '{"written":1}', turns: 2 });
  assert.deepEqual(
    journal.map(({ op, name }) => `${op} ${name}`),
    ['step think 1', 'signal approve c1', 'call tool c1', 'step think 2'],
  );
});

test('nobody answers within three days: the model hears of that', async () => {
  const { result } = await runJob(agent, payload, { http });
  assert.equal(result.answer, 'nobody agreed');
});

test('the budget stops it', async () => {
  const context = { http, signals: { 'approve c1': {} }, budget: 4 };
  const priced = { ...payload, toolPrice: 5 };
  await assert.rejects(runJob(agent, priced, context), /the budget is used up/);
});
