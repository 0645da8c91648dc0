/**
 * The order of test files: what takes longest begins first. Of the end-to-end files, two wait more than
 * they compute; they run beside those that try every fault.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const FIRST = [/e2e\/(?:rights|examples)\.test\.ts$/, /[fF]aults\.test\.ts$/, /\/e2e\//];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = FIRST.findIndex((pattern) => pattern.test(moduleId));
  return index < 0 ? FIRST.length : index;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
