/**
 * The middy chain of every function: log context, metrics written once per invocation, and the
 * schemas of the tables.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { tellUsage } from '#shared/aws/usage.ts';
import { ALL_METRICS, METRICS_ENV } from '#shared/contracts/metrics.ts';
import { list, readEnv, text } from '#shared/kernel/env.ts';
import { type Logger as LoggerPort, systemClock } from '#shared/kernel/ports.ts';
import type { Schemas } from '#shared/schema/watchSchemas.ts';
import { createMetrics, type Metrics } from './emf.ts';

export interface Telemetry {
  readonly logger: Logger;
  /** The same logger, as the port that the rules know. */
  readonly log: LoggerPort;
  readonly metrics: Metrics;
}

const portOf = (logger: Logger): LoggerPort => ({
  debug: (message, fields = {}) => logger.debug(message, fields),
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
});

/** One write for each line: Lambda passes each write to CloudWatch as it is. */
const write = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * Logger and metrics of a function; reads the environment.
 *
 * @throws EnvError when a variable is missing
 */
export const createTelemetry = (serviceName: string): Telemetry => {
  const logger = new Logger({ serviceName });
  const { namespace, emitted } = readEnv({
    namespace: [METRICS_ENV.namespace, text],
    emitted: [METRICS_ENV.emitted, list],
  });
  const isEmitted = (name: string): boolean =>
    emitted.includes(ALL_METRICS) || emitted.includes(name);
  const metrics = createMetrics(namespace, serviceName, write, isEmitted);
  return { logger, log: portOf(logger), metrics };
};

/** Writes the metrics, also when the invocation fails. No work before the tables are understood. */
const measured =
  <Event, Answer>(
    metrics: Metrics,
    schemas: Pick<Schemas, 'ready'>,
    handler: (event: Event, context: Context) => Promise<Answer>,
  ) =>
  async (event: Event, context: Context): Promise<Answer> => {
    const began = systemClock.now();
    try {
      await schemas.ready();
      return await handler(event, context);
    } finally {
      const now = systemClock.now();
      tellUsage(metrics, now - began, Number(context.memoryLimitInMB));
      metrics.flush(now);
    }
  };

/**
 * The handler for Lambda: the function's own handler with log context and metrics. An invocation
 * fails when a table's schema is not one of this release.
 */
export const chain = <Event, Answer>(
  { logger, metrics }: Telemetry,
  schemas: Pick<Schemas, 'ready'>,
  handler: (event: Event, context: Context) => Promise<Answer>,
) =>
  middy<Event, Answer>()
    .use(injectLambdaContext(logger))
    .handler(measured(metrics, schemas, handler));
