/**
 * What runs in an execution environment's own process: loads the handler once, then one invocation
 * at a time over IPC. It dies with its parent, and leaves signals of the terminal to it.
 */
import { pathToFileURL } from 'node:url';
import type { InvokeMessage, ReplyMessage } from './environment.ts';

type Handler = (event: unknown, context: object) => unknown;

const send = (message: ReplyMessage): void => void process.send?.(message);

const failure = (error: unknown) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, stack: error.stack ?? '' }
    : { errorType: 'Error', errorMessage: String(error), stack: '' };

const contextOf = ({ requestId, deadline, functionArn }: InvokeMessage): object => ({
  awsRequestId: requestId,
  invokedFunctionArn: functionArn,
  functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
  functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
  memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
  logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
  logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

const invoke = async (handler: Handler, message: InvokeMessage): Promise<void> => {
  try {
    const value = await handler(message.event, contextOf(message));
    send({ kind: 'result', requestId: message.requestId, value: value ?? null });
  } catch (error) {
    send({ kind: 'error', requestId: message.requestId, error: failure(error) });
  }
};

const load = async (): Promise<Handler> => {
  const [file = '', name = ''] = process.argv.slice(2);
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = loaded[name];
  if (typeof handler !== 'function') throw new TypeError(`${file} exports no function "${name}"`);
  return handler as Handler;
};

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

try {
  const handler = await load();
  process.on('message', (message: InvokeMessage) => void invoke(handler, message));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-error', error: failure(error) });
  process.exitCode = 1;
  process.disconnect();
}
