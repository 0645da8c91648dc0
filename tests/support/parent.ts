/**
 * A process with children: an idle environment and one in a busy loop, and with an engine's name a
 * table server: `node parent.ts [ENGINE]`. Tells their ids, and stays.
 */
import { startEnvironment } from '#emulator/lambda/environment.ts';
import type { TableEngine } from '#emulator/tables/tableEngine.ts';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { DYING } from './functions.ts';

const [engine] = process.argv.slice(2) as TableEngine[];
const server = engine && (await startTableServer({ engine }));
const spinning = Promise.withResolvers<void>();
const idle = startEnvironment(DYING, () => undefined);
const busy = startEnvironment(DYING, () => spinning.resolve());
await idle.invoke({});
void busy.invoke({ ask: 'spin' });
await spinning.promise;
process.send?.([idle.pid, busy.pid, ...(server ? [server.pid] : [])]);
