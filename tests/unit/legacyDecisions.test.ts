/** The original's decision traces: real lines of its own code, and lines that it would not write. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLegacyDecisions } from '#shared/legacy/decisions.ts';

const FILE = readFileSync('tests/fixtures/legacy/history/logs/decision_trace.jsonl', 'utf8');
const FIRST = FILE.slice(0, FILE.indexOf('\n'));
const JOB = '484ac19a-14e9-4e0a-9c9a-c26f3bdd1c32';

const changed = (change: object): string => JSON.stringify({ ...JSON.parse(FIRST), ...change });

describe("the original's decisions", () => {
  it('are told with what was decided, about what, and how it ended', () => {
    const { decisions, refused } = readLegacyDecisions(FILE);
    expect(refused).toEqual([]);
    expect(decisions).toHaveLength(10);
    expect(decisions[0]).toMatchObject({
      jobId: JOB,
      at: Date.parse('2026-01-16T09:11:18.534Z'),
      event: 'dispatch_job',
      text: `original system: ROUTE success, pending→working (kind read_file, trace dispatch-${JOB}, build main-v2)`,
    });
  });

  it('tell an error', () => {
    const result = { status: 'failed', error: { code: 'E_TIMEOUT', message: 'too late' } };
    const [step] = readLegacyDecisions(changed({ result })).decisions;
    expect(step?.text).toContain('ROUTE failed, pending→working, E_TIMEOUT: too late (');
  });

  it('are the same decision when a line is there twice', () => {
    expect(readLegacyDecisions(`${FIRST}\n\n${FIRST}\r\n`).decisions).toHaveLength(1);
  });

  it('keep the line, without the values that the original never showed', () => {
    const action = {
      type: 'EXECUTE',
      params: { kind: 'llm_call', prompt: 'p', API_KEY: 'k', n: 1 },
    };
    const [step] = readLegacyDecisions(changed({ action })).decisions;
    expect(JSON.parse(step?.source ?? '')).toMatchObject({
      trace_id: `dispatch-${JOB}`,
      action: {
        type: 'EXECUTE',
        params: { kind: 'llm_call', prompt: '[left out]', API_KEY: '[left out]', n: 1 },
      },
    });
  });

  it.each([
    ['NOT_JSON', '{"schema_version": "decision_tr'],
    ['NOT_A_DECISION', changed({ schema_version: 'decision_trace_v2' })],
    ['NOT_A_DECISION', changed({ timestamp: '2026-01-16 09:11' })],
    ['NOT_A_DECISION', changed({ timestamp: '2026-19-16T09:11:00Z' })],
    ['NOT_A_DECISION', 'null'],
    ['NO_JOB', changed({ job_id: null })],
    ['NO_JOB', changed({ job_id: 'x'.repeat(1_000) })],
    ['TOO_LARGE', changed({ state: { text: 'x'.repeat(70_000) } })],
  ])('of a line that is none: %s, and its neighbours come along', (code, line) => {
    const { decisions, refused } = readLegacyDecisions(`${FIRST}\n${line}\n${FIRST}`);
    expect(decisions).toHaveLength(1);
    expect(refused).toEqual([{ line: 2, code, message: expect.stringMatching(/./) }]);
  });
});
