/** Code that only jobs with steps need; loaded when a job asks for its first step. */
export { unwinding } from '../../record/unwinding.ts';
export { createSteps } from '../../steps/steps.ts';
export { judgeProgram, versionFault } from './changedProgram.ts';
export { planSuspension, stay } from './suspend.ts';
export { owesSteps, takeBack, takeBackAgain, undone } from './takeBack.ts';
