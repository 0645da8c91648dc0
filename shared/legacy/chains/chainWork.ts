/** What only jobs of chains need; loaded with the first of them. */
export { followUpJobs } from './followUps.ts';
export { artifactsOf, resolveParams } from './params.ts';
export { ARTIFACTS, TemplateError } from './templates.ts';
