/** A loopback server for an AWS API that speaks JSON. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { object, type Properties } from './properties.ts';
import type { Source } from './sqsSource.ts';

export interface Answer {
  readonly status: number;
  readonly body: object;
  /** The error's code, for the SDK. */
  readonly error?: string;
}

export interface LocalEndpoint extends Source {
  readonly endpoint: string;
}

export const refusal = (status: number, error: string, Message: string): Answer => ({
  status,
  error,
  body: { Message, message: Message, __type: error },
});

export const invalid = (message: string): Answer => refusal(400, 'ValidationException', message);

const bodyOf = async (request: IncomingMessage): Promise<Properties> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : object(JSON.parse(text));
};

/** What `handle` throws is answered as a ValidationException. */
export const startJsonServer = async (
  handle: (request: IncomingMessage, body: Properties) => Answer | Promise<Answer>,
): Promise<LocalEndpoint> => {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    try {
      return await handle(request, await bodyOf(request));
    } catch (error) {
      return invalid(String(error));
    }
  };
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body, error }) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(error && { 'x-amzn-errortype': error }),
      });
      response.end(JSON.stringify(body));
    });
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
