/**
 * A small service with AWS's JSON protocol on loopback: JSON in, JSON out, errors with their type.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { object } from '../template/properties.ts';
import type { Source } from '../triggers/sqsSource.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface ServiceAnswer {
  readonly status: number;
  readonly body: object;
  /** Type of the error, such as `ValidationException`. */
  readonly error?: string;
}

export interface Service extends Source {
  readonly endpoint: string;
}

/** The answer for a refused request, in the form that the SDK reads errors from. */
export const refusal = (status: number, error: string, Message: string): ServiceAnswer => ({
  status,
  error,
  body: { __type: error, Message, message: Message },
});

/** The answer 400 `ValidationException`. */
export const invalid = (message: string): ServiceAnswer =>
  refusal(400, 'ValidationException', message);

type Handler = (request: IncomingMessage, fields: Fields) => ServiceAnswer;

const bodyOf = async (request: IncomingMessage): Promise<Fields> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : object(JSON.parse(text));
};

const respond = (response: ServerResponse, { status, body, error }: ServiceAnswer): void => {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(error && { 'x-amzn-errortype': error }),
  });
  response.end(JSON.stringify(body));
};

/**
 * Serves on a free port of loopback. A body that is not JSON, and an exception of `handle`, are
 * answered as `ValidationException`.
 */
export const serve = async (handle: Handler): Promise<Service> => {
  const answer = async (request: IncomingMessage): Promise<ServiceAnswer> =>
    handle(request, await bodyOf(request));
  const server = createServer((request, response) => {
    answer(request).then(
      (given) => respond(response, given),
      (error: unknown) =>
        respond(response, invalid(error instanceof Error ? error.message : String(error))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
