import { expect, it } from 'vitest';
import { relayInOrder } from '#functions/relay/relayInOrder.ts';
import type { Streamed } from '#shared/jobs/flow/relay.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';

const end = (id: string) => ({ sequence: `s-${id}`, ended: { id } as JobRecord });

it('an end that cannot be relayed stops none of those after it, and comes again', async () => {
  const relayed: string[] = [];
  const relay = ({ ended }: Streamed) => {
    if (ended.some(({ id }) => id === 'bad')) return Promise.reject(new Error('no'));
    relayed.push(...ended.map(({ id }) => id));
    return Promise.resolve();
  };
  const quiet = () => undefined;
  const telemetry = {
    logger: { warn: quiet, error: quiet },
    metrics: { addMetric: quiet },
  } as never;
  const ends = [end('a'), end('bad'), { sequence: 's-x', ended: undefined }, end('b')];
  const answer = await relayInOrder(ends, relay, telemetry);
  expect(relayed).toEqual(['a', 'b']);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 's-bad' }] });
});
