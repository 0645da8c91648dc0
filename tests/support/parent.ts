/** A process with children: an idle environment and one in a busy loop. Tells their ids, and stays. */
import { startEnvironment } from '#infra/local/environment.ts';
import { DYING } from './functions.ts';

const spinning = Promise.withResolvers<void>();
const idle = startEnvironment(DYING, () => undefined);
const busy = startEnvironment(DYING, () => spinning.resolve());
await idle.invoke({});
void busy.invoke({ ask: 'spin' });
await spinning.promise;
process.send?.([idle.pid, busy.pid]);
