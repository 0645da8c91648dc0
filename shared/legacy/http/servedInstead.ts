/** What serves here in place of the parts of the original's interface that are not about jobs. */

/** Paths of the original that have no counterpart here, and what serves in their place. */
const NOT_KEPT: readonly (readonly [path: RegExp, instead: string])[] = [
  [
    /^\/api\/(missions|jobs)\//,
    'what was posted cannot be changed or deleted; sheratan cancel ends a job',
  ],
  [/^\/api\/missions\/(standard-code-analysis|agent-plan)$/, 'post a mission, a task and a job'],
  [/^\/api\/(chains|missions)\//, 'sheratan flow shows what follows from a job'],
  [/^\/api\/mesh\/ledger\//, 'sheratan ledger statement'],
  [/^\/api\/(mesh\/workers|hosts)/, 'sheratan hosts'],
  [/^\/api\/(system|status|gateway|admin|why)/, 'sheratan doctor, sheratan state, sheratan why'],
  [/^\/api\/projects/, 'sheratan workspace'],
];

/** What serves in place of a path of the original; undefined for a path that the original lacks. */
export const servedInstead = (path: string): string | undefined =>
  NOT_KEPT.find(([pattern]) => pattern.test(path))?.[1];
