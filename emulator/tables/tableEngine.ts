/** What can serve the embedded cloud's tables. */
export const TABLE_ENGINES = ['native', 'dynamodb-local'] as const;
export type TableEngine = (typeof TABLE_ENGINES)[number];
