import { describe, expect, it } from 'vitest';
import { runJob } from '#client/testing.ts';
import { echo } from '#shared/jobs/kinds/echo.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import { excerpt } from '#shared/jobs/kinds/readFile.ts';
import { filePath, workspacePath } from '#shared/jobs/kinds/workspacePath.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';

const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('echo', () => {
  it.each([[['a', 'b']], [{ n: 1 }], ['text'], [7], [null]])('gives %j back', async (payload) => {
    expect((await runJob(echo, payload)).result).toEqual(payload);
  });
});

describe('the kinds of a deployment', () => {
  it('give back what came from outside, so that none of them may have jobs follow', () => {
    const declaring = [...kinds.values()].filter(({ followUps }) => followUps);
    expect(declaring.map(({ kind }) => kind)).toEqual([]);
  });
});

describe('workspacePath', () => {
  it.each([
    ['README.md', 'README.md'],
    ['core/config.py', 'core/config.py'],
    ['./core//config.py', 'core/config.py'],
    ['', ''],
    ['.', ''],
    ['/workspace/project/src/main.py', 'src/main.py'],
    ['/workspace/src', 'src'],
    ['/workspace', ''],
    ['/app/x', 'x'],
    ['a/...b', 'a/...b'],
    ['Überblick/✓.md', 'Überblick/✓.md'],
  ])('reads %j as %j', (given, expected) => {
    expect(workspacePath(given)).toBe(expected);
  });

  it.each([
    ['..', 'PATH_OUTSIDE_WORKSPACE'],
    ['a/../../b', 'PATH_OUTSIDE_WORKSPACE'],
    ['/etc/passwd', 'PATH_OUTSIDE_WORKSPACE'],
    ['/workspace/../etc', 'PATH_OUTSIDE_WORKSPACE'],
    ['/workspace//etc/passwd/..', 'PATH_OUTSIDE_WORKSPACE'],
    ['C:/Windows', 'PATH_OUTSIDE_WORKSPACE'],
    ['a\\..\\b', 'PATH_INVALID'],
    ['a\0b', 'PATH_INVALID'],
    ['a\nb', 'PATH_INVALID'],
    ['x'.repeat(513), 'PATH_INVALID'],
  ])('refuses %j as %s', (given, expected) => {
    expect(code(() => workspacePath(given))).toBe(expected);
  });

  it('does not take the root for a file', () => {
    expect(code(() => filePath('./'))).toBe('PATH_INVALID');
  });
});

describe('excerpt', () => {
  it('leaves a short text alone and shortens a long one in the middle, as the original did', () => {
    expect(excerpt('x'.repeat(1_000), false)).toEqual({
      content: 'x'.repeat(1_000),
      truncated: false,
    });
    const long = `${'a'.repeat(600)}${'b'.repeat(600)}`;
    expect(excerpt(long, false)).toEqual({
      content: `${'a'.repeat(500)}\n... [TRUNCATED] ...\n${'b'.repeat(500)}`,
      truncated: true,
    });
    expect(excerpt(long, true)).toEqual({ content: long, truncated: false });
  });

  it.each(['', 'x', 'xy'])('keeps no half of a character at either cut: %j', (first) => {
    const { content } = excerpt(`${first}${'🚚'.repeat(1_000)}x`, false);
    expect(content.isWellFormed()).toBe(true);
    expect(content).toMatch(/🚚.?\n\.\.\. \[TRUNCATED\] \.\.\.\n.?🚚+x$/u);
  });
});

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['120', 120],
    ['0', 0],
    ['999999', 43_200],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['120.5', 121],
    ['-5', undefined],
    ['+5', undefined],
    ['2026', 2_026],
    ['2 minutes', undefined],
    ['2026-01-01T00:01:00Z', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, expected) => {
    expect(retryAfterSeconds(header, now)).toBe(expected);
  });
});
