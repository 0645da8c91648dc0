/** The embedded cloud on a table engine, in a process of its own. */
import { fork } from 'node:child_process';
import { sendItems } from '#cli/commands/send.ts';
import { openEmbedded } from '#client/deployment.ts';
import type { EmbeddedState } from '#client/state.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';
import { watched } from '#emulator/tables/serverProcess.ts';
import type { TableEngine } from '#emulator/tables/tableEngine.ts';
import { childrenOf, KNOWS_CHILDREN } from '../../support/processes.ts';
import { firstWord, type Running, type System, tallyOf } from './system.ts';

const GROUPS = 200;

const items = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    where: String(n),
    body: JSON.stringify({ kind: 'echo', payload: { n }, group: `group-${n % GROUPS}` }),
  }));

const programOf = (engine: TableEngine): string =>
  engine === 'native' ? (nativeBinary() ?? '') : 'java';

const start = (assemblyDir: string, engine: TableEngine) => async (): Promise<Running> => {
  const cloud = watched(fork('tests/bench/neighbours/cloudProcess.ts', [assemblyDir, engine]));
  const { pid = 0 } = cloud.child;
  const state = (await firstWord(cloud.child)) as EmbeddedState;
  const tally = tallyOf(cloud.child);
  const mesh = openEmbedded(state);
  return {
    processes: () =>
      KNOWS_CHILDREN
        ? {
            tables: childrenOf(pid, programOf(engine)),
            cloud: [pid],
            functions: childrenOf(pid, process.execPath),
          }
        : {},
    sendAll: async (count) => {
      const wanted = tally.ended + count;
      await sendItems(items(count), mesh);
      await tally.until(wanted);
    },
    sendOne: async () => {
      const wanted = tally.ended + 1;
      const at = Date.now();
      const { sent } = await sendItems(items(1), mesh);
      await tally.until(wanted);
      const id = sent[0]?.id ?? '';
      const [record, startMs] = [await mesh.store.get(id), tally.startMs(id)];
      // The mesh counts from when the message was in the queue.
      return record && startMs !== undefined ? record.createdAt - at + startMs : undefined;
    },
    stop: async () => {
      mesh.close();
      cloud.child.send('stop');
      await cloud.gone;
    },
  };
};

/** What the cloud on that engine is called here. */
export const nameOf = (engine: TableEngine): string => `Sheratan, tables on ${engine}`;

export const sheratan = (assemblyDir: string, engine: TableEngine): System => ({
  name: nameOf(engine),
  how: 'as npm start runs it',
  start: start(assemblyDir, engine),
});
