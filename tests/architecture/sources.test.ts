import { describe, expect, it } from 'vitest';
import { type SourceFile, sourceFiles } from '#tests/support/sourceFiles.ts';

const LINES_MAX = 250;
const FOLDERS = ['shared', 'functions', 'infra', 'emulator', 'cli', 'client', 'scripts'];
const sources = sourceFiles(FOLDERS);

const offenders = (isWrong: (source: SourceFile) => boolean): string[] =>
  sources.filter(isWrong).map(({ path }) => path);

describe('each source file', () => {
  it(`has at most ${LINES_MAX} lines`, () => {
    expect(offenders(({ text }) => text.split('\n').length - 1 > LINES_MAX)).toEqual([]);
  });

  it('starts by saying what it is for', () => {
    const hasHeader = (text: string): boolean =>
      /^(?:#!.*\n)?(?:import .*\n|\n)*\/\*\*/.test(text) || text.includes('/**');
    expect(offenders(({ text }) => !hasHeader(text))).toEqual([]);
  });

  it('takes time, ids and randomness from ports where rules are', () => {
    const rules = /^shared\/(?!kernel\/ports)/;
    const impure = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(/;
    expect(offenders(({ path, text }) => rules.test(path) && impure.test(text))).toEqual([]);
  });

  it('does not know whether it runs locally, below functions and shared', () => {
    const local = /localhost|127\.0\.0\.1|AWS_ENDPOINT_URL|LocalStack|embedded cloud/i;
    expect(
      offenders(({ path, text }) => /^(?:shared|functions)\//.test(path) && local.test(text)),
    ).toEqual([]);
  });
});

describe('each exported name', () => {
  /** Names that several files export, and why. */
  const COMMON = {
    handler: 'Lambda calls each function by this name',
    kinds: 'a bundle with own kinds puts its module in the place of the built-in one',
  };

  it('means one thing', () => {
    const exported = sources
      .filter(({ path }) => !path.startsWith('scripts/'))
      .flatMap(({ path, text }) =>
        [
          ...text.matchAll(/^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm),
        ].map(([, name = '']) => ({ name, path })),
      );
    expect(exported.length).toBeGreaterThan(1_500);
    const places = Map.groupBy(exported, ({ name }) => name);
    const common = [...places].filter(([, of]) => new Set(of.map(({ path }) => path)).size > 1);
    expect(common.map(([name]) => name).toSorted()).toEqual(Object.keys(COMMON));
  });
});

describe('what is asked of tables', () => {
  const asking = sources.filter(({ text }) => /Expression\b/.test(text));

  it('is ASCII: a multi-byte character in an expression ends the native table engine', () => {
    const withoutComments = (text: string): string =>
      text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
    const isPlain = (text: string): boolean =>
      [...withoutComments(text)].every((character) => character.charCodeAt(0) < 128);
    expect(asking.length).toBeGreaterThan(20);
    expect(asking.filter(({ text }) => !isPlain(text)).map(({ path }) => path)).toEqual([]);
  });

  it('begins with prefixes that no other sort key has in another case: that engine ignores it', () => {
    // A new begins_with belongs in this list, with the prefix that it asks for.
    const prefixes = { 'shared/jobs': 'DEP#', 'shared/hosts': 'H#', 'shared/control': 'EVENT#' };
    const places = asking.flatMap(({ path, text }) =>
      [...text.matchAll(/begins_with\(/g)].map(() => path.split('/').slice(0, 2).join('/')),
    );
    expect(places.toSorted()).toEqual(Object.keys(prefixes).toSorted());
    for (const [folder, prefix] of Object.entries(prefixes)) {
      const keys = sources
        .filter(({ path }) => path.startsWith(folder) || path.startsWith('shared/contracts'))
        .flatMap(({ text }) =>
          [...text.matchAll(/['`]([A-Za-z]+#?)['`$]/g)].map(([, key = '']) => key),
        );
      const alike = keys.filter((key) => key.toLowerCase().startsWith(prefix.toLowerCase()));
      expect(alike.filter((key) => !key.startsWith(prefix))).toEqual([]);
    }
  });
});
