/** What is exported says what it does; object literals show their shape. */
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '#tests/support/sourceFiles.ts';

const FOLDERS = ['shared', 'functions', 'emulator', 'infra', 'cli', 'client'];

/** Functions, classes and constants that hold a function, as they begin a line. */
const EXPORTED =
  /^export (?:(?:async )?(?:function|class) \w+|const \w+(?:: [^=]+)? =\s*(?:async )?(?:<|\(|function\b|[a-z]\w* =>|$)|const \w+: .*=>)/;

const lines = sourceFiles(FOLDERS).flatMap(({ path, text }) =>
  text.split('\n').map((line, at, all) => ({
    place: `${path}:${at + 1}`,
    text: line,
    before: all[at - 1] ?? '',
  })),
);

describe('the sources', () => {
  it('have a comment above each function that they export', () => {
    const functions = lines.filter(({ text }) => EXPORTED.test(text));
    expect(functions.length).toBeGreaterThan(500);
    const bare = functions.filter(({ before }) => !before.endsWith('*/'));
    expect(bare.map(({ place, text }) => `${place} ${text}`)).toEqual([]);
  });

  it('spread no literal into a literal', () => {
    const spread = lines.filter(({ text }) => /^\s*\.\.\.\{ .*\},?$/.test(text));
    expect(spread.map(({ place }) => place)).toEqual([]);
  });
});
