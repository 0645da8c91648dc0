/**
 * Calls a server of this machine by AWS's JSON protocol, without the SDK. The pollers of queues and
 * streams call for every message and record, in the process that also runs everything else. Through
 * the SDK (middleware, schemas, signatures) these calls took half of that process's time.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface JsonService {
  /**
   * Calls one operation.
   *
   * @throws Error whose name is the service's error code
   */
  call<Answer>(operation: string, input: object, signal?: AbortSignal): Promise<Answer>;
  close(): void;
}

/** The servers here check that these parts are present, but they read only the region. */
const authorization = (region: string): string =>
  `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/local/aws4_request, SignedHeaders=host, Signature=0`;

const codeIn = (answer: string): string => {
  try {
    const { __type: type } = JSON.parse(answer) as { __type?: unknown };
    return String(type ?? 'UnknownError').replace(/^.*#/, '');
  } catch {
    return 'UnknownError';
  }
};

/**
 * A client of one server, with connections that stay open.
 *
 * @param prefix what stands before the operation's name in `X-Amz-Target`
 * @param version of the JSON protocol, such as `1.0`
 */
export const createJsonService = (
  endpoint: string,
  { prefix, version, region }: { prefix: string; version: string; region: string },
): JsonService => {
  const agent = new Agent({ keepAlive: true });
  const fixed = {
    'content-type': `application/x-amz-json-${version}`,
    authorization: authorization(region),
    'x-amz-date': '20260101T000000Z',
  };
  const send = (operation: string, body: string, signal?: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...fixed,
        'x-amz-target': `${prefix}.${operation}`,
        'content-length': Buffer.byteLength(body),
      };
      const call = request(endpoint, { method: 'POST', agent, headers, signal });
      call.once('response', resolve);
      call.once('error', (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection while the request was on its way: the request is
        // sent again.
        const stale = call.reusedSocket && error.code === 'ECONNRESET';
        if (stale) resolve(send(operation, body, signal));
        else reject(error);
      });
      call.end(body);
    });
  return {
    call: async <Answer>(operation: string, input: object, signal?: AbortSignal) => {
      const response = await send(operation, JSON.stringify(input), signal);
      const answer = await text(response);
      if (response.statusCode === 200) return JSON.parse(answer || '{}') as Answer;
      const error = new Error(`${operation}: ${answer}`);
      error.name = codeIn(answer);
      throw error;
    },
    close: () => agent.destroy(),
  };
};
