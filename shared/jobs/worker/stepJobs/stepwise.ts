/** What only jobs with steps need; loaded with the first step of a job. */
export { unwinding } from '../../record/unwinding.ts';
export { createSteps } from '../../steps/steps.ts';
export { judgeProgram, versionFault } from './changedProgram.ts';
export { planSuspension, stay } from './suspend.ts';
export { owesSteps, takeBack, takeBackAgain, undone } from './takeBack.ts';
