/** Key prefixes of the data bucket; the lifecycle rules of the template refer to them. */
export const WORKSPACE_PREFIX = 'workspaces/';
export const RESULT_PREFIX = 'results/';
export const RAW_PREFIX = 'raw/';
