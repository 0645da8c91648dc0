/** Where callbacks go: keeps each with its signature. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature, type WebhookHeaders } from 'sheratan';

interface Received {
  readonly headers: WebhookHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  stop(): Promise<void>;
}

export const startReceiver = async (): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ headers: request.headers, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Which of the secrets a receiver may know to take it for ours. */
export const verifiedBy = (
  { headers, body }: Received,
  secrets: readonly string[],
): readonly boolean[] =>
  secrets.map((secret) => verifySignature(headers, { secret, body }, Date.now()));
