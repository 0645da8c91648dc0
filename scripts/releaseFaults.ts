/** What stands in the way of a release: pure. */

export interface ReleaseState {
  readonly version: string;
  /** What `git status --porcelain` prints. */
  readonly changes: string;
  readonly changelog: string;
  /** Whether package.json says `private`. */
  readonly isPrivate: boolean;
  /** The repository that package.json names: provenance proves that the package comes from it. */
  readonly repository: string | undefined;
}

/**
 * The faults, as sentences that say what to do; none when the version can be released.
 *
 * @param publishes false for a rehearsal, which needs neither a repository nor a public package
 */
export const releaseFaults = (state: ReleaseState, publishes: boolean): readonly string[] => {
  const { version, changes, changelog, isPrivate, repository } = state;
  const heading = `## ${version}`;
  return [
    changes.trim() === '' ? '' : `Commit or remove what is not committed:\n${changes.trimEnd()}`,
    changelog.split('\n').some((line) => line === heading || line.startsWith(`${heading} `))
      ? ''
      : `CHANGELOG.md has no section "${heading}": rename "## Unreleased", and begin a new one.`,
    publishes && isPrivate
      ? 'Take "private" out of package.json: that is a person\'s decision.'
      : '',
    publishes && !repository
      ? 'Name the repository in package.json: provenance proves that the package comes from it.'
      : '',
  ].filter(Boolean);
};
