import { describe, expect, it } from 'vitest';
import { type ReleaseState, releaseFaults } from '../../scripts/releaseFaults.ts';

const ready: ReleaseState = {
  version: '1.2.0',
  changes: '',
  changelog: '# Changelog\n\n## Unreleased\n\n## 1.2.0 (2026-12-01)\n\n- x\n',
  isPrivate: false,
  repository: 'https://example.com/sheratan.git',
};

describe('a release', () => {
  it('may go out when all is there', () => {
    expect(releaseFaults(ready, true)).toEqual([]);
  });

  it.each([
    ['what is not committed', { changes: ' M a.ts\n' }, /not committed:\n M a\.ts/],
    ['no section in the changelog', { changelog: '## 1.2.01\n' }, /no section "## 1\.2\.0"/],
    ['a private package', { isPrivate: true }, /"private"/],
    ['no repository', { repository: undefined }, /repository/],
  ])('is stopped by %s', (_what, over, said) => {
    expect(releaseFaults({ ...ready, ...over }, true)).toEqual([expect.stringMatching(said)]);
  });

  it('can be rehearsed while the package is private and has no repository', () => {
    expect(releaseFaults({ ...ready, isPrivate: true, repository: undefined }, false)).toEqual([]);
  });
});
