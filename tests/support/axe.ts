/** What axe finds wrong with a page for people who cannot see, or see well. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Violations of the page as it is now, each with its first element. */
export const violationsOf = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ''}`,
    );
  });
};
