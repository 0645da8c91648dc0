/**
 * What runs in an execution environment's own process: loads the handler once, then one invocation
 * at a time over IPC. It dies with its parent, and leaves signals of the terminal to it. JavaScript:
 * to strip types costs each process a tenth of a second.
 */
import { pathToFileURL } from 'node:url';

/** @import { InvokeMessage, ReplyMessage } from './environment.ts' */
/** @typedef {(event: unknown, context: object) => unknown} Handler */

/** @param {ReplyMessage} message */
const send = (message) => void process.send?.(message);

/** @param {unknown} error */
const failure = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, stack: error.stack ?? '' }
    : { errorType: 'Error', errorMessage: String(error), stack: '' };

/** @param {InvokeMessage} message */
const contextOf = ({ requestId, deadline, functionArn }) => ({
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

/**
 * @param {Handler} handler
 * @param {InvokeMessage} message
 */
const invoke = async (handler, message) => {
  try {
    const value = await handler(message.event, contextOf(message));
    send({ kind: 'result', requestId: message.requestId, value: value ?? null });
  } catch (error) {
    send({ kind: 'error', requestId: message.requestId, error: failure(error) });
  }
};

/** @returns {Promise<Handler>} */
const load = async () => {
  const [file = '', name = ''] = process.argv.slice(2);
  const loaded = await import(pathToFileURL(file).href);
  const handler = loaded[name];
  if (typeof handler !== 'function') throw new TypeError(`${file} exports no function "${name}"`);
  return handler;
};

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

try {
  const handler = await load();
  process.on('message', (/** @type {InvokeMessage} */ message) => void invoke(handler, message));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'init-error', error: failure(error) });
  process.exitCode = 1;
  process.disconnect();
}
