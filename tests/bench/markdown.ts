/** Lines of the documents that are made from counts. */
export const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
export const money = (usd: number): string => usd.toFixed(2);
