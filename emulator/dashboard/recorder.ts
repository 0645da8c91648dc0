/**
 * Fills the metric store: from the lines that functions print, from the cloud's events, and from
 * what its queues hold.
 */
import type { Cloud } from '../cloud.ts';
import type { FunctionLogLine } from '../lambda/environment.ts';
import type { Observer } from '../observer.ts';
import { recordLine } from './emf.ts';
import { createStore, type MetricStore } from './store.ts';

export interface Recorder {
  readonly store: MetricStore;
  readonly observer: Observer;
  /** @returns false when the line is not a line of metrics */
  line(line: FunctionLogLine): boolean;
  /** Records once what the queues hold. */
  sample(cloud: Pick<Cloud, 'queues' | 'tableNames'>): void;
}

/** A recorder with an empty store, under the names that AWS gives its own metrics. */
export const createRecorder = (): Recorder => {
  const store = createStore();
  const lambda = (FunctionName: string, name: string, value: number): void =>
    store.record(
      { namespace: 'AWS/Lambda', name, dimensions: { FunctionName } },
      [value],
      Date.now(),
    );
  const sqs = (QueueName: string, name: string, value: number): void =>
    store.record({ namespace: 'AWS/SQS', name, dimensions: { QueueName } }, [value], Date.now());
  return {
    store,
    line: ({ text }) => recordLine(text, store),
    observer: {
      invoked: ({ functionName, ms, ok, atOnce, streamAgeMs }) => {
        lambda(functionName, 'Invocations', 1);
        lambda(functionName, 'Errors', ok ? 0 : 1);
        // The embedded cloud throttles neither functions nor tables.
        lambda(functionName, 'Throttles', 0);
        lambda(functionName, 'Duration', ms);
        lambda(functionName, 'ConcurrentExecutions', atOnce);
        if (streamAgeMs !== undefined) lambda(functionName, 'IteratorAge', streamAgeMs);
      },
      sent: (queueName) => sqs(queueName, 'NumberOfMessagesSent', 1),
    },
    sample: (cloud) => {
      for (const { name, visible, inFlight, oldestSeconds } of cloud.queues()) {
        sqs(name, 'ApproximateNumberOfMessagesVisible', visible);
        sqs(name, 'ApproximateNumberOfMessagesNotVisible', inFlight);
        sqs(name, 'ApproximateAgeOfOldestMessage', oldestSeconds);
      }
      for (const TableName of cloud.tableNames)
        for (const name of ['ReadThrottleEvents', 'WriteThrottleEvents'])
          store.record(
            { namespace: 'AWS/DynamoDB', name, dimensions: { TableName } },
            [0],
            Date.now(),
          );
    },
  };
};
