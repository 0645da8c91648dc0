/**
 * The order of test files: what takes longest begins first. End-to-end files, which wait more than they
 * compute, are spread among the others. The unit tests come last, because their files share a process.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONG = [
  /e2e\/(?:rights|examples|restore|console)\.test\.ts$/,
  /[fF]aults\.test\.ts$/,
  /\/reference\.test\.ts$/,
];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = LONG.findIndex((pattern) => pattern.test(moduleId));
  return index < 0 ? LONG.length : index;
};

/** Both lists in their orders, evenly mixed. */
const mixed = <T>(some: readonly T[], others: readonly T[]): readonly T[] =>
  [some, others]
    .flatMap((all) => all.map((item, index) => ({ item, at: index / all.length })))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
    const of = (name: string) => sorted.filter(({ project }) => project.name === name);
    // A process goes on only with files of its own project.
    const others = [...of('integration'), ...of('infra')];
    return [...mixed(of('e2e'), others), ...of('unit')];
  }
}
