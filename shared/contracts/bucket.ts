/** Key prefixes of the data bucket; the lifecycle rules of the template refer to them. */
export const WORKSPACE_PREFIX = 'workspaces/';
export const RESULT_PREFIX = 'results/';
export const PAYLOAD_PREFIX = 'payloads/';
export const CHILDREN_PREFIX = 'children/';
export const RAW_PREFIX = 'raw/';

/** Objects under these prefixes are deleted by the lifecycle rules; workspaces never expire. */
export const EXPIRING_PREFIXES = [
  RESULT_PREFIX,
  PAYLOAD_PREFIX,
  CHILDREN_PREFIX,
  RAW_PREFIX,
] as const;
/** Every prefix of the data bucket. */
export const OBJECT_PREFIXES = [WORKSPACE_PREFIX, ...EXPIRING_PREFIXES] as const;
