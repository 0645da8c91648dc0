/** Takes the steps of a job back that failed or was cancelled: in reverse order, each as a step. */
import { thrownText } from '#shared/kernel/thrown.ts';
import { undoName } from './kept.ts';
import type { StepwiseRun } from './run.ts';
import { runStep } from './step.ts';

/** How much of an error is told of a step that could not be taken back, in characters. */
const TOLD_MAX = 120;

/**
 * Takes back what the handler asked for again in this run.
 * @returns what could not be taken back, in words
 */
export const takeAllBack = async (run: StepwiseRun): Promise<readonly string[]> => {
  const { journal, undos } = run;
  const failures: string[] = [];
  const begun = new Set<string>();
  // Of steps of one millisecond the last in the handler is the newest.
  const next = () =>
    undos
      .filter(({ name }) => !begun.has(name))
      .reverse()
      .sort((a, b) => b.at - a.at)[0];
  // The newest first, also of those that a slow branch asks for meanwhile.
  for (let undo = next(); undo; undo = next()) {
    const { name, retry, fn } = undo;
    begun.add(name);
    try {
      await runStep(run, undoName(name), fn, { ...(retry && { retry }) }, true);
    } catch (error) {
      failures.push(`step "${name}" was not taken back: ${thrownText(error, TOLD_MAX)}`);
    }
  }
  const known = new Set(undos.map(({ name }) => name));
  const lost = journal.owed().filter((name) => !known.has(name));
  return [
    ...failures,
    ...lost.map((name) => `step "${name}" was not taken back: the handler did not ask for it`),
  ];
};
