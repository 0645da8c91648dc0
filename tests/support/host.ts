/** A mesh host as docs/host-protocol.md describes it, that tests can make misbehave. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly jobId: string;
  readonly kind: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestHost {
  readonly endpoint: string;
  /** Every call, in order. */
  readonly asked: readonly Asked[];
  /** What was really run: once an id. */
  readonly ran: readonly string[];
  /** What the next calls get instead of an answer; the last one stays when `stays`. */
  next(...answers: readonly Misbehaviour[]): void;
  /** Every call from now on. */
  always(answer: Misbehaviour | undefined): void;
  stop(): Promise<void>;
}

type Misbehaviour =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Runs it, and the connection breaks before the answer. */
  | 'answer lost'
  /** Runs it, and says nothing. */
  | 'silent';

const resultOf = ({ kind, input }: Asked) => ({ kind, input });

export const startTestHost = async (): Promise<TestHost> => {
  const asked: Asked[] = [];
  const ran: string[] = [];
  const results = new Map<string, unknown>();
  const queue: Misbehaviour[] = [];
  let constant: Misbehaviour | undefined;

  const run = (call: Asked): unknown => {
    const key = String(call.headers['idempotency-key']);
    if (!results.has(key)) {
      ran.push(call.jobId);
      results.set(key, resultOf(call));
    }
    return results.get(key);
  };

  const answer = (call: Asked, response: ServerResponse): void => {
    const fault = queue.shift() ?? constant;
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers);
      response.end(JSON.stringify(fault.body ?? {}));
      return;
    }
    const result = run(call);
    if (fault === 'answer lost') response.socket?.destroy();
    else if (fault !== 'silent') response.end(JSON.stringify({ result }));
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const call = { ...(JSON.parse(body) as Asked), headers: request.headers, body };
      asked.push(call);
      answer(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    ran,
    next: (...answers) => void queue.push(...answers),
    always: (fault) => {
      constant = fault;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
