/** Checks that functions, aliases, rules and schedules lead to something that exists. */
import type { FunctionState, RuleState } from '#client/machinery.ts';
import type { Schedule } from '#shared/schedules/schedule.ts';
import { type Finding, okFinding, problem, warning } from './finding.ts';

const DEPLOY = 'deploy the stack again';

/** The function's name, with the alias if there is one. */
const shown = (arn: string): string => arn.split(':function:').at(-1) ?? arn;
/** Of a function, without the alias. */
export const functionName = (arn: string): string => shown(arn).split(':')[0] ?? arn;

const faultOf = ({ arn, state, reason, reserved }: FunctionState): readonly Finding[] => {
  const name = shown(arn);
  const because = reason === '' ? '' : ` (${reason})`;
  if (state === undefined)
    return [problem('functions', `${name} does not exist, so nothing of it runs`, DEPLOY)];
  if (reserved === 0)
    return [
      problem(
        'functions',
        `${name} may run 0 times at once: it is stopped`,
        `aws lambda delete-function-concurrency --function-name ${functionName(arn)}`,
      ),
    ];
  if (state === 'Pending')
    return [
      warning('functions', `${name} is ${state}${because}`, 'it is being made: look again soon'),
    ];
  // Lambda starts an inactive function at its next event.
  return state === 'Active' || state === 'Inactive'
    ? []
    : [problem('functions', `${name} is ${state}${because}`, `see the reason, or ${DEPLOY}`)];
};

/** Checks that each function exists and may run. */
export const checkFunctions = (functions: readonly FunctionState[]): readonly Finding[] => {
  const faults = functions.flatMap(faultOf);
  return faults.length > 0 ? faults : [okFinding('functions', `${functions.length} may run`)];
};

/** Whether an ARN is a function's. */
export const isFunction = (arn: string): boolean => arn.includes(':function:');

/** The first target that is a queue of another deployment; an ARN of a queue ends with its name. */
const strayIn = (targets: readonly string[], queues: readonly string[]): string | undefined =>
  targets.find((arn) => arn.includes(':sqs:') && !queues.includes(arn.split(':').at(-1) ?? ''));

/**
 * Checks that each rule is enabled and sends to this deployment.
 *
 * @param queues names of this deployment's queues
 */
export const checkRules = (
  rules: readonly RuleState[],
  queues: readonly string[],
): readonly Finding[] => {
  const faults = rules.flatMap(({ name, state, targets }): readonly Finding[] => {
    if (state === undefined) return [problem('rules', `rule ${name} is gone`, DEPLOY)];
    if (state === 'DISABLED')
      return [
        problem('rules', `rule ${name} is ${state}`, `aws events enable-rule --name ${name}`),
      ];
    if (targets.length === 0) return [problem('rules', `rule ${name} has no target`, DEPLOY)];
    const stray = strayIn(targets, queues);
    return stray === undefined
      ? []
      : [problem('rules', `rule ${name} sends to ${stray}, no queue of this deployment`, DEPLOY)];
  });
  if (faults.length > 0) return faults;
  return [okFinding('rules', `${rules.length} are enabled and have targets`)];
};

const queueOf = (input: string): string | undefined => {
  try {
    const { QueueUrl } = JSON.parse(input) as { readonly QueueUrl?: unknown };
    return typeof QueueUrl === 'string' ? QueueUrl : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Checks that each enabled schedule sends to this deployment.
 *
 * @param urls of the queues for jobs
 */
export const checkSchedules = (
  schedules: readonly Schedule[],
  urls: readonly string[],
): readonly Finding[] => {
  const enabled = schedules.filter((schedule) => schedule.enabled);
  const faults = enabled.flatMap(({ name, input }) => {
    const url = queueOf(input);
    if (url !== undefined && urls.includes(url)) return [];
    const fix = `sheratan schedules add ${name} … --replace, or sheratan schedules remove ${name}`;
    const to = url ?? 'no queue at all';
    return [problem('schedules', `${name} sends to ${to}: none of its jobs comes here`, fix)];
  });
  return faults.length > 0 ? faults : [okFinding('schedules', `${enabled.length} enabled`)];
};
