/** The facts of a job. */
import type { JobWhole } from '../console/wire.ts';
import { durationText } from './format.ts';
import { JobLink, Time } from './parts.tsx';
import { hrefOf } from './route.ts';

const FIELDS = [
  ...['kind', 'source', 'group', 'priority', 'attempt', 'generation', 'schedule', 'host'],
  ...['callback', 'correlationId', 'pending'],
];

const ENDED = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'];

interface Cost {
  readonly amount: string;
  readonly unit: string;
  readonly payer: string;
}

/** The facts of a job, each with its name. */
export const Facts = ({ whole: { job } }: { whole: JobWhole }) => {
  const error = job['error'] as { code: string; message: string } | undefined;
  const cost = job['cost'] as Cost | undefined;
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
            {cost.amount} {cost.unit}, paid by{' '}
            <a href={hrefOf('accounts', cost.payer, { unit: cost.unit })}>{cost.payer}</a>
          </dd>
        </div>
      )}
    </dl>
  );
};
