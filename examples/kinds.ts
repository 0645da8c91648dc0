/** The kinds of all examples: `npm start -- --kinds examples/kinds.ts`. */
export { agent } from './agent/agent.ts';
export { purchase } from './approval/approval.ts';
export { countAll, sumWords } from './flow/countAll.ts';
export { countWords } from './kind/countWords.ts';
