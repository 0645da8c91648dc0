/** The embedded cloud, told of by what its functions print. Arguments: the assembly, the table engine. */
import { once } from 'node:events';
import type { EmbeddedState } from '#client/state.ts';
import { startCloud } from '#emulator/cloud.ts';
import { TABLE_ENGINES } from '#emulator/tables/tableEngine.ts';
import { createTeller } from './system.ts';

interface BatchLine {
  readonly jobs?: readonly {
    readonly id: string;
    readonly as: string;
    readonly startMs?: number;
  }[];
}

const [, , assemblyDir = '', wanted] = process.argv;
const tell = createTeller();

const cloud = await startCloud({
  assemblyDir,
  tables: TABLE_ENGINES.find((engine) => engine === wanted),
  onLog: ({ text }) => {
    if (!text.includes('"message":"batch"')) return;
    for (const { id, as, startMs } of (JSON.parse(text) as BatchLine).jobs ?? [])
      if (as === 'completed') tell(id, startMs);
  },
});
const { stackName, outputs, clientEnv } = cloud;
process.send?.({ pid: process.pid, stackName, outputs, clientEnv } satisfies EmbeddedState);
await once(process, 'message');
await cloud.stop();
process.disconnect();
