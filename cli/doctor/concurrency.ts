/** Whether the account has as many concurrent executions as the functions may ask for. */
import type { FunctionState, MappingState, Quota } from '#client/machinery.ts';
import { type OptionalFunction, RESERVED } from '#shared/contracts/functions.ts';
import { type Finding, okFinding, warning } from './finding.ts';
import { functionName } from './targets.ts';

/** AWS lets no mapping of a queue have less. */
const LEAST = 2;
/** AWS keeps so many for functions that reserve none, in an account that has them. */
const KEPT_UNRESERVED = 100;
const QUOTA =
  'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000';

interface Asking {
  readonly name: string;
  readonly atOnce: number;
  readonly reserved: number | undefined;
}

/** Without a mapping: a function that a rule rings runs once at a time. */
const asksOf = ({ arn, reserved }: FunctionState, mappings: readonly MappingState[]): Asking => {
  const name = functionName(arn);
  const own = mappings.filter(({ functionArn }) => functionName(functionArn) === name);
  const atOnce = own.reduce((sum, mapping) => sum + (mapping.atOnce ?? 0), 0);
  return { name, atOnce: own.length === 0 ? 1 : atOnce, reserved };
};

const sumOf = (asking: readonly Asking[]): number =>
  asking.reduce((sum, { atOnce }) => sum + atOnce, 0);

const shown = (asking: readonly Asking[]): string =>
  asking
    .toSorted((a, b) => b.atOnce - a.atOnce)
    .map(({ name, atOnce }) => `${name} ${atOnce}`)
    .join(', ');

const unbounded = (mappings: readonly MappingState[]): readonly Finding[] =>
  mappings
    .filter(({ atOnce }) => atOnce === undefined)
    .map(({ sourceArn, functionArn }) =>
      warning(
        'concurrency',
        `the mapping of ${sourceArn.split(':').at(-1)} has no maximum: ${functionName(functionArn)} may take all executions of the account`,
        'it was changed by hand: deploy the stack again',
      ),
    );

const cramped = (asking: readonly Asking[]): readonly Finding[] =>
  asking.flatMap(({ name, atOnce, reserved }) =>
    reserved === undefined || reserved === 0 || atOnce <= reserved
      ? []
      : [
          warning(
            'concurrency',
            `${name} has ${reserved} executions reserved, and its mappings may ask for ${atOnce}: the rest is throttled`,
            `aws lambda put-function-concurrency --function-name ${name} --reserved-concurrent-executions ${atOnce}`,
          ),
        ],
  );

/** Functions with URLs, by their full names. Their callers say how many run at once. */
export type ByUrl = ReadonlyMap<string, OptionalFunction>;

/** What the account needs for the setting `large`. */
const neededFor = (byUrl: ByUrl): number => {
  const names = ['timekeeper', 'settler', ...byUrl.values()] as const;
  return names.reduce((sum, name) => sum + RESERVED[name], KEPT_UNRESERVED);
};

/** Only `signals` answers to whoever calls: for `api` Lambda checks a signature before. */
const exposed = (asking: readonly Asking[], byUrl: ByUrl, limit: number): readonly Finding[] => {
  const needed = neededFor(byUrl);
  const fix =
    limit < needed
      ? `have the quota raised to ${needed} or more (${QUOTA}), then set account to "large" and deploy`
      : 'set account to "large" and deploy: it gives the function a bound';
  return asking
    .filter(({ name, reserved }) => byUrl.get(name) === 'signals' && reserved === undefined)
    .map(({ name }) =>
      warning(
        'concurrency',
        `${name} has a public URL and no bound: whoever calls it often takes all ${limit} executions of the account`,
        fix,
      ),
    );
};

const fixOf = (limit: number, mappings: readonly MappingState[]): string => {
  const queues = mappings.filter(({ sourceArn }) => sourceArn.includes(':sqs:'));
  if (queues.every(({ atOnce = LEAST }) => atOnce <= LEAST))
    return `no mapping can ask for less: have the quota raised (${QUOTA})`;
  const less =
    limit <= KEPT_UNRESERVED ? 'set account to "small" and deploy' : 'lower maxConcurrency';
  return `${less}, or have the quota raised (${QUOTA})`;
};

/**
 * @param mappings those of this deployment
 * @param functions all that mappings, rules and URLs of this deployment lead to
 */
export const checkConcurrency = (
  quota: Quota,
  mappings: readonly MappingState[],
  functions: readonly FunctionState[],
  byUrl: ByUrl,
): readonly Finding[] => {
  if (!quota.known) return [okFinding('concurrency', `left out: ${quota.reason}`)];
  const { limit, unreserved } = quota;
  const asking = functions
    .filter(({ state }) => state !== undefined)
    .map((each) => asksOf(each, mappings));
  const unbound = asking.filter(({ reserved }) => reserved === undefined);
  const sharing = unbound.filter(({ name }) => !byUrl.has(name));
  const asked = sumOf(sharing);
  const faults = [...unbounded(mappings), ...cramped(asking), ...exposed(asking, byUrl, limit)];
  if (asked > unreserved)
    faults.push(
      warning(
        'concurrency',
        `the functions may ask for ${asked} executions at once (${shown(sharing)}), and the account has ${unreserved} of ${limit} for all that reserve none: what is throttled comes back later, jobs after up to 15 min`,
        fixOf(limit, mappings),
      ),
    );
  if (faults.length > 0) return faults;
  const called = unbound
    .filter(({ name }) => byUrl.has(name))
    .map(({ name }) => `, and those of ${name}`);
  return [
    okFinding(
      'concurrency',
      `${asked} executions at once at most${called.join('')}; the account has ${unreserved}`,
    ),
  ];
};
