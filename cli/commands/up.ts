/** `up` and `start`: the whole mesh on this machine, empty or with the sample jobs. */
import { join } from 'node:path';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { ROOT } from '#client/state.ts';
import { watchJobs } from '#client/wait.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { openProject } from '../dev/project.ts';
import { type Embedded, startEmbedded, type UpOptions } from '../embedded.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { readInput } from '../input/input.ts';
import { untilInterrupted } from '../interrupted.ts';
import { columns, duration, json, note, out, paint, plain, status } from '../print.ts';
import { sendItems } from './send.ts';
import { exitOfStates } from './watch.ts';
import { pushDirectory } from './workspace.ts';

export interface StartOptions extends UpOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

const SAMPLES_TIMEOUT_MS = 60_000;

const announce = ({ state, cloud }: Embedded): void => {
  note(paint('green', `Sheratan runs here: stack ${state.stackName}`));
  const { sqs, s3, dynamodb } = cloud.endpoints;
  const rows = [
    ['queues', sqs],
    ['tables', dynamodb],
    ['buckets', s3],
    ...Object.entries(state.outputs).map(([name, value]) => [name, value]),
  ];
  note(columns(rows.map(([name = '', value = '']) => [`  ${name}`, value])));
  note(`  console: ${paint('bold', state.dashboard ?? '')}`);
};

const advise = (): void =>
  note(
    `\nTry:  npx sheratan send examples/jobs.json\n      npx sheratan jobs\n      npx sheratan why ID\nCtrl-C stops everything. Priorities: ${PRIORITIES.join(', ')}.`,
  );

/** Runs the jobs of examples/, from the upload of their files to their ends. */
const runSamples = async (deployment: Deployment, asJson: boolean): Promise<ExitCode> => {
  await pushDirectory(join(ROOT, 'examples/workspace'), 'default', deployment);
  const began = Date.now();
  const report = await sendItems(await readInput(join(ROOT, 'examples/jobs.json')), deployment);
  for (const { where, message } of report.refused) note(`${where}: ${message}`);
  const kinds = new Map(report.sent.map(({ id, kind }) => [id, kind]));
  const ids = [...kinds.keys()];
  const seen = await watchJobs(deployment, {
    ids,
    timeoutMs: SAMPLES_TIMEOUT_MS,
    onChange: (record) => {
      if (asJson || record.status === 'RUNNING') return;
      const took = duration(record.updatedAt - record.createdAt).padStart(8);
      out(
        `${status(record.status, 11)} ${took}  ${kinds.get(record.id) ?? ''}  ${plain(record.id)}`,
      );
    },
  });
  if (asJson) json(ids.map((id) => seen.get(id) ?? { id, status: 'UNKNOWN' }));
  else out(`${ids.length} sample jobs in ${duration(Date.now() - began)}`);
  return report.refused.length > 0
    ? EXIT.refused
    : exitOfStates(ids.map((id) => seen.get(id)?.status));
};

const withEmbedded = async (
  options: UpOptions,
  use: (embedded: Embedded) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const interrupted = untilInterrupted();
  const own = await openProject(options);
  const worker = await own?.kinds.build();
  await own?.kinds.close();
  const embedded = await startEmbedded(options, worker);
  try {
    return await Promise.race([use(embedded), interrupted.then(() => EXIT.ok)]);
  } finally {
    await embedded.stop();
  }
};

/** Runs the embedded cloud until interrupted. */
export const up = (options: UpOptions): Promise<ExitCode> =>
  withEmbedded(options, async (embedded) => {
    announce(embedded);
    advise();
    return untilInterrupted().then(() => EXIT.ok);
  });

/**
 * Runs the sample jobs, then stays, or ends with `once`. The exit code is that of the sample jobs.
 */
export const start = (options: StartOptions): Promise<ExitCode> =>
  withEmbedded(options, async (embedded) => {
    announce(embedded);
    const deployment = openEmbedded(embedded.state);
    try {
      const result = await runSamples(deployment, options.json ?? false);
      if (options.once) return result;
    } finally {
      deployment.close();
    }
    advise();
    return untilInterrupted().then(() => EXIT.ok);
  });
