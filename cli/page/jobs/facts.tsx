/** The facts of a job. */
import type { JobWhole } from '../../console/wire.ts';
import { durationText } from '../format.ts';
import { JobLink, Time } from '../parts.tsx';
import { hrefOf } from '../route.ts';

const FIELDS = [
  ...['kind', 'source', 'group', 'priority', 'attempt', 'generation', 'schedule'],
  ...['callback', 'correlationId', 'pending'],
];

const ENDED = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'];

interface Cost {
  readonly amount: string;
  readonly budget?: string;
  readonly unit: string;
  readonly payer: string;
}

const NEEDS_MAX = 10;

/** The jobs that must end before this one starts. */
const Needs = ({ ids }: { ids: readonly string[] }) => (
  <div>
    <dt>needs</dt>
    <dd>
      {ids.slice(0, NEEDS_MAX).map((id) => (
        <span key={id}>
          <JobLink id={id} />{' '}
        </span>
      ))}
      {ids.length > NEEDS_MAX && `and ${ids.length - NEEDS_MAX} more`}
    </dd>
  </div>
);

/** The facts of a job, each with its name. */
export const Facts = ({ whole: { job } }: { whole: JobWhole }) => {
  const error = job['error'] as { code: string; message: string } | undefined;
  const cost = job['cost'] as Cost | undefined;
  const needs = (job['dependsOn'] ?? []) as readonly string[];
  const labels = { mission: job['missionId'], task: job['taskId'] };
  return (
    <dl class="facts">
      {error && (
        <div class="bad">
          <dt>error</dt>
          <dd>
            <strong>{error.code}</strong> {error.message}
          </dd>
        </div>
      )}
      {FIELDS.filter((name) => job[name] !== undefined && job[name] !== job.id).map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(job[name])}</dd>
        </div>
      ))}
      {Object.entries(labels).map(
        ([name, value]) =>
          typeof value === 'string' && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <a href={hrefOf('jobs', '', { [name]: value })}>{value}</a>
              </dd>
            </div>
          ),
      )}
      {typeof job['host'] === 'string' && (
        <div>
          <dt>host</dt>
          <dd>
            <a href={hrefOf('hosts', job['host'])}>{job['host']}</a>
          </dd>
        </div>
      )}
      {needs.length > 0 && <Needs ids={needs} />}
      {typeof job['parentId'] === 'string' && (
        <div>
          <dt>parent</dt>
          <dd>
            <JobLink id={job['parentId']} />
          </dd>
        </div>
      )}
      <div>
        <dt>sent</dt>
        <dd>
          <Time at={job.createdAt} exact />
        </dd>
      </div>
      <div>
        <dt>{ENDED.includes(job.status) ? 'ended' : 'changed'}</dt>
        <dd>
          <Time at={job.updatedAt} exact />, {durationText(job.updatedAt - job.createdAt)} after it
          was sent
        </dd>
      </div>
      {cost && (
        <div>
          <dt>cost</dt>
          <dd>
            {cost.amount} {cost.unit}
            {cost.budget === undefined ? '' : ` and a budget of ${cost.budget}`}, paid by{' '}
            <a href={hrefOf('accounts', cost.payer, { unit: cost.unit })}>{cost.payer}</a>
          </dd>
        </div>
      )}
    </dl>
  );
};
