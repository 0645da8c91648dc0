/**
 * Requests to a server of this machine without the SDK and without a signature: for tests that ask so
 * often that the SDK would be most of their work, and that are not about the SDK.
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

const COMMON = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0',
  'x-amz-date': '20260101T000000Z',
  'content-type': 'application/x-amz-json-1.0',
};
const agent = new Agent({ keepAlive: true });

export type PlainAsk = <T>(operation: string, input: object) => Promise<T>;

/** @param service the first part of `x-amz-target` @throws Error for any status but 200 */
export const plainAsk =
  (endpoint: string, service: 'AmazonSQS' | 'DynamoDB_20120810'): PlainAsk =>
  async <T>(operation: string, input: object): Promise<T> => {
    const headers = { ...COMMON, 'x-amz-target': `${service}.${operation}` };
    const asked = request(endpoint, { method: 'POST', agent, headers });
    asked.end(JSON.stringify(input));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const body = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`${operation}: ${answer.statusCode} ${body}`);
    return (body === '' ? {} : JSON.parse(body)) as T;
  };
