/** Opens the dashboard of an embedded cloud. */
import { openEmbedded } from '#client/deployment.ts';
import type { EmbeddedState } from '#client/state.ts';
import type { Cloud } from '#emulator/cloud.ts';
import { createLive } from '#emulator/dashboard/live.ts';
import type { Recorder } from '#emulator/dashboard/recorder.ts';
import { startDashboard } from '#emulator/dashboard/server.ts';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { dashboardOf } from '#infra/monitoring/dashboard.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { createJobIndex } from './jobIndex.ts';
import { listsOf } from './lists.ts';

export interface DashboardOptions {
  readonly stage: string;
  readonly cloud: Cloud;
  readonly state: EmbeddedState;
  readonly recorder: Recorder;
}

export interface Dashboard {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the dashboard and follows the cloud's jobs until `stop`. */
export const openDashboard = async (options: DashboardOptions): Promise<Dashboard> => {
  const { stage, cloud, state, recorder } = options;
  const deployment = openEmbedded(state);
  const inventory = inventoryOf(stage);
  const index = createJobIndex();
  const source = cloud.follow(cloud.outputs[OUTPUTS.jobsTable] ?? '', index.apply);
  const live = createLive({
    recorder,
    cloud,
    stackName: cloud.stackName,
    spec: dashboardOf(inventory),
    alarms: alarmsOf(inventory),
    lists: listsOf(deployment, index),
    summary: index.counts,
  });
  const server = await startDashboard(live);
  return {
    url: server.url,
    stop: async () => {
      live.stop();
      await Promise.all([server.stop(), source.stop()]);
      deployment.close();
    },
  };
};
