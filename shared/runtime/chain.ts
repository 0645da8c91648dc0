/** The middy chain of every function: log context, metrics flushed once an invocation. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { METRICS_NAMESPACE } from '#shared/contracts/metrics.ts';
import type { Logger as LoggerPort } from '#shared/kernel/ports.ts';

export interface Telemetry {
  readonly logger: Logger;
  /** The same logger as the domain knows it. */
  readonly log: LoggerPort;
  readonly metrics: Metrics;
}

const portOf = (logger: Logger): LoggerPort => ({
  debug: (message, fields = {}) => logger.debug(message, fields),
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
});

export const createTelemetry = (serviceName: string): Telemetry => {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName });
  return { logger, log: portOf(logger), metrics };
};

export const chain = <Event, Answer>(
  { logger, metrics }: Telemetry,
  handler: (event: Event, context: Context) => Promise<Answer>,
) =>
  middy<Event, Answer>().use(injectLambdaContext(logger)).use(logMetrics(metrics)).handler(handler);
