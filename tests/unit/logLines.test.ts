import { describe, expect, it } from 'vitest';
import { createLogLines } from '#cli/console/logLines.ts';
import type { HistoryEvent } from '#shared/jobs/record/record.ts';

const claimed = (at: number, by: string): HistoryEvent => ({ at, event: 'claimed', by });

describe('the log lines of a job', () => {
  let now = 0;
  const lines = createLogLines({ now: () => now });
  const print = (at: number, pid: number, text: string): void => {
    now = at;
    lines.keep({ functionId: 'Worker', pid, text });
  };
  print(90, 1, 'of the job before, in the same process');
  print(2_000, 1, 'printed by the kind');
  print(2_000, 2, 'printed by another process');
  print(2_050, 1, '{"function_request_id":"request-1"}');
  print(2_060, 1, '{"function_request_id":"of another"}');
  print(9_000, 1, 'of a later job');
  print(9_500, 3, '{"function_request_id":"request-2"}');

  const textsOf = (history: readonly HistoryEvent[], updatedAt: number) =>
    lines.of({ id: 'a', history, updatedAt }).map(({ text }) => text);

  it('are those of the process that ran it, while it ran it', () => {
    expect(textsOf([claimed(1_990, 'request-1')], 2_040)).toEqual([
      ...['printed by the kind', '{"function_request_id":"request-1"}'],
    ]);
  });

  it('are those of each attempt, and none of a job that never ran', () => {
    const both = [claimed(1_990, 'request-1'), claimed(9_400, 'request-2')];
    expect(textsOf(both, 9_500)).toContain('{"function_request_id":"request-2"}');
    expect(textsOf([], 9_500)).toEqual([]);
  });
});
