/** What only jobs with steps need; loaded with the first step of a job. */
export { createSteps } from '../steps/steps.ts';
export { planSuspension, stay } from './suspend.ts';
