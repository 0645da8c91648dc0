import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf } from '#infra/config.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

/** Markdown of a folder and of those below it. */
const markdownIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const PATHS = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...['docs', '.github', 'examples'].flatMap(markdownIn),
  // What sample jobs read is no document.
].filter((path) => !path.startsWith('examples/workspace'));
const documents = PATHS.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const read = (path: string): string => readFileSync(path, 'utf8');

/** What documents name by a group of the pattern, where it is named, and is not there. */
const missing = (pattern: RegExp, exists: (name: string, path: string) => boolean): string[] =>
  documents.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)]
      .map(([, name, other]) => name ?? other ?? '')
      .filter((name) => !exists(name, path))
      .map((name) => `${path}: ${name}`),
  );

/** As GitHub links to them: lower case, dashes for spaces, and a number for a title's repetition. */
const anchorsOf = (text: string): readonly string[] => {
  const seen = new Map<string, number>();
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
};

const LINK = /\]\((?!\w+:)([^)\s]+)\)/g;

describe('what documents name exists', () => {
  it('files and sections that they link to', () => {
    const isThere = (name: string, from: string): boolean => {
      const [file = '', anchor] = name.split('#');
      const path = file === '' ? from : join(dirname(from), file);
      return existsSync(path) && (anchor === undefined || anchorsOf(read(path)).includes(anchor));
    };
    expect(missing(LINK, isThere)).toEqual([]);
  });

  it('scripts of npm', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const script = /\bnpm (?:run ([\w:]+)|(test|start)\b)/g;
    expect(missing(script, (name) => name in scripts)).toEqual([]);
  });

  it('files of this repository that commands are given', () => {
    const path =
      /(?<![\w/.-])((?:scripts|examples|shared|functions|infra|emulator|cli|client|tests|docs)\/[\w./-]*\w)/g;
    expect(missing(path, (name) => existsSync(name))).toEqual([]);
  });
});

it('every document is reached from README', () => {
  const linkedFrom = (path: string): readonly string[] =>
    [...read(path).matchAll(LINK)].map(([, link = '']) =>
      join(dirname(path), link.replace(/#.*/, '')),
    );
  // A set gives what is added to it while it is gone through, too.
  const reached = new Set(['README.md']);
  for (const path of reached)
    if (PATHS.includes(path)) for (const link of linkedFrom(path)) reached.add(link);
  // What is in its own folder GitHub shows where it is wanted.
  const own = PATHS.filter((path) => !path.startsWith('.github'));
  expect(own.filter((path) => !reached.has(path))).toEqual([]);
});

it.each([
  ['README.md', /^`(npm \w+)` runs all tests/m],
  ['CONTRIBUTING.md', /^(npm \w+) .*the whole suite/m],
])('the continuous integration runs the tests by the command of %s', (path, said) => {
  const [, command = 'none'] = said.exec(read(path)) ?? [];
  expect(read('.ci/run')).toMatch(new RegExp(`^${command} `, 'm'));
});

describe('what documents say of the command', () => {
  const sources = readdirSync('cli', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join('cli', name)))
    .join('\n');
  const inSources = (...patterns: readonly RegExp[]): ReadonlySet<string> =>
    new Set(patterns.flatMap((each) => [...sources.matchAll(each)].map(([, name = '']) => name)));
  /** Some commands are made in pairs, from a list of names. */
  const commands = inSources(/\.command\('([a-z]+)'/g, /^\s+\['([a-z]+)',/gm);
  const options = inSources(/['"`]--([a-z-]+)/g);
  const groups = 'ledger|hosts|host|groups|limits|callbacks|schedules|workspace|import';

  it('commands exist', () => {
    const first = /(?:npx |[`\s])sheratan ([a-z]+)/g;
    const second = new RegExp(`\\bsheratan (?:${groups}) ([a-z]+)\\b`, 'g');
    for (const pattern of [first, second])
      expect(missing(pattern, (name) => commands.has(name))).toEqual([]);
  });

  it('options exist', () => {
    const used = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bsheratan [a-z]+[^`\n#;|]*/g)].flatMap(([line]) =>
        [...line.matchAll(/(?<= )--([a-z-]+)/g)].map(([, name = '']) => `${path}: ${name}`),
      ),
    );
    const known = [...options, 'help', 'version'];
    expect(used.filter((name) => !known.includes(name.split(': ')[1] ?? ''))).toEqual([]);
  });
});

describe('what documents leave out', () => {
  it('no setting', () => {
    const named = read('docs/deploying.md');
    const settings = [...Object.keys(configOf({})), 'vpc', 'proberConcurrency'];
    expect(settings.filter((name) => name !== 'stage' && !named.includes(`\`${name}\``))).toEqual(
      [],
    );
  });

  it('no field of the envelope', () => {
    const named = read('docs/jobs.md');
    const schema = JSON.parse(read('docs/schema/envelope.schema.json')) as {
      readonly properties: Readonly<Record<string, unknown>>;
    };
    const fields = Object.keys(schema.properties);
    expect(fields.filter((name) => !new RegExp(`\`${name}\\b`).test(named))).toEqual([]);
  });

  it('no bound that a sender meets, with its value', () => {
    const named = read('docs/limits.md');
    const { envelopeBytesMax, payloadInlineBytesMax, resultInlineBytesMax } = LIMITS;
    const { callbackBodyBytesMax, dependenciesMax, childrenMax, paidChildrenMax } = LIMITS;
    const { treeDepthMax, timeoutSecondsMax, snoozesMax, deadlineSecondsDefault } = LIMITS;
    const values = [
      ...[envelopeBytesMax, payloadInlineBytesMax, resultInlineBytesMax, callbackBodyBytesMax],
      ...[dependenciesMax, childrenMax, paidChildrenMax, treeDepthMax, timeoutSecondsMax],
      ...[snoozesMax, deadlineSecondsDefault],
    ];
    expect(values.filter((value) => !named.includes(value.toLocaleString('en')))).toEqual([]);
  });
});

it('the glossary is in the order of the alphabet', () => {
  const rows = [...read('docs/glossary.md').matchAll(/^\| (?!word|---)(.+?) \|/gm)];
  const words = rows.map(([, word = '']) => word.replaceAll('`', '').toLowerCase());
  expect(words).toEqual(words.toSorted((a, b) => a.localeCompare(b, 'en')));
});
