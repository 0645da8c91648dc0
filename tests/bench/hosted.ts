/** What a job on a host adds to a plain job: its slot, and the rows that name the host. */
import { processBatch } from '#shared/jobs/worker/processBatch.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { startTestHost } from '../support/host.ts';
import { startMesh } from '../support/mesh.ts';
import { countDynamo, noCounts } from './counts.ts';
import { deliveriesOf, openWorker, SIZE } from './price.ts';

/** By job, with what a plain job asks for. */
interface HostedJob {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly requests: number;
}

/** Runs jobs of one host that has a slot for each of a batch; nothing is paid. */
export const measureHostedJobs = async (batches: number): Promise<HostedJob> => {
  const { deps, counts, queueUrl, endpoint, close } = await openWorker();
  const host = await startTestHost();
  const mesh = await startMesh(endpoint, systemClock);
  const capabilities = [{ kind: 'render', price: 0 }];
  await mesh.add('h1', host.endpoint, { capabilities, concurrency: SIZE });
  const ofHosts = noCounts();
  countDynamo(mesh.options.client, ofHosts);
  const hosts = mesh.another();
  const run = async (batch: number): Promise<void> => {
    const deliveries = deliveriesOf(batch, SIZE, queueUrl, {
      kind: 'mesh.dispatch',
      payload: { kind: 'render', input: { batch } },
    });
    const report = await processBatch(deliveries, 'bench', () => 900_000, { ...deps, hosts });
    if (report.dispositions.some(({ as }) => as !== 'completed'))
      throw new Error('a job of the bench was not done by its host');
  };
  // The first batch reads what the worker then knows of hosts for some time.
  await run(0);
  for (const each of [counts, ofHosts]) Object.assign(each, noCounts());
  for (let batch = 1; batch <= batches; batch += 1) await run(batch);
  await Promise.all([close(), host.stop()]);
  const jobs = batches * SIZE;
  return {
    writeUnits: (counts.units + ofHosts.units) / jobs,
    readUnits: (counts.readUnits + ofHosts.readUnits) / jobs,
    requests: (counts.dynamo + ofHosts.dynamo) / jobs,
  };
};
