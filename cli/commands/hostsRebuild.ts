/** `hosts rebuild`: the rows that are projected of the hosts' states, written anew. */
import { EXIT, type ExitCode } from '../errors.ts';
import { json, out, plain } from '../print.ts';
import { type SessionOptions, withDeployment } from '../session.ts';

/** Safe while the mesh runs: a row that is newer meanwhile stays as it is. */
export const rebuild = (named: readonly string[], options: SessionOptions): Promise<ExitCode> =>
  withDeployment(options, async ({ hosts }) => {
    const { store, states, rows } = hosts();
    const shards = named.length > 0 ? named : await store.shards();
    const rebuilt = [];
    for (const shard of shards) {
      const count = await rows.rebuild(shard, await states.read(shard), store.ofShard);
      rebuilt.push({ shard, hosts: count });
    }
    if (options.json) json({ shards: rebuilt });
    else for (const { shard, hosts: n } of rebuilt) out(`rebuilt ${plain(shard)}, hosts: ${n}`);
    return EXIT.ok;
  });
