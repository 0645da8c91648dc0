/** `hosts rebuild`: writes the rows again that are derived from the hosts' states. */
import { EXIT, type ExitCode } from '../../errors.ts';
import { json, out, plain } from '../../print.ts';
import { type SessionOptions, withDeployment } from '../../session.ts';

/**
 * Rebuilds the rows of these shards, or of all. Safe while the mesh runs: a row that is newer stays
 * as it is.
 */
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
