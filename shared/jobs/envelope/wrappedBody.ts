/**
 * Bodies that another service wrapped around a job, or sent in its place, and what to do about it.
 */

import { isJsonObject, type JsonObject, readJson } from '#shared/kernel/json.ts';

interface Wrapper {
  readonly recognizes: (body: JsonObject) => boolean;
  /** What the body is, and what its sender should do. */
  readonly advice: string;
  /** The sender's own body inside the wrapper. */
  readonly inside?: (body: JsonObject) => unknown;
}

const firstRecord = ({ Records }: JsonObject): JsonObject => {
  const [first]: readonly unknown[] = Array.isArray(Records) ? Records : [];
  return isJsonObject(first) ? first : {};
};

const WRAPPERS: readonly Wrapper[] = [
  {
    recognizes: ({ Type, TopicArn, Message }) =>
      typeof Type === 'string' && typeof TopicArn === 'string' && Message !== undefined,
    advice:
      'the body is an SNS notification around the message: turn on raw message delivery for the subscription',
    inside: ({ Message }) => (typeof Message === 'string' ? readJson(Message) : Message),
  },
  {
    recognizes: (body) =>
      firstRecord(body)['eventSource'] === 'aws:s3' || body['Event'] === 's3:TestEvent',
    advice:
      'the body is an S3 event notification, which is no job: send it through EventBridge, with an input transformer that makes one',
  },
  {
    recognizes: (body) =>
      typeof body['detail-type'] === 'string' && 'detail' in body && !('kind' in body),
    advice:
      'the body is an EventBridge event, which is no job: give the target an input path ($.detail) or an input transformer',
    inside: ({ detail }) => detail,
  },
  {
    recognizes: (body) => typeof firstRecord(body)['eventSource'] === 'string',
    advice: 'the body is a batch of events (Records), which is no job: send one message a job',
  },
];

const wrapperOf = (body: unknown): Wrapper | undefined =>
  isJsonObject(body) ? WRAPPERS.find(({ recognizes }) => recognizes(body)) : undefined;

/** What the sender should do about a wrapped body; undefined when the body is not wrapped. */
export const wrapperAdvice = (body: unknown): string | undefined => wrapperOf(body)?.advice;

/** The innermost body that the sender itself wrote, as far as it can be read. */
export const unwrapped = (body: unknown): unknown => {
  let inner = body;
  // A loop and no recursion: the depth of the wrappers is bounded only by the message's size.
  while (isJsonObject(inner)) {
    const inside = wrapperOf(inner)?.inside;
    if (!inside) break;
    inner = inside(inner);
  }
  return inner;
};
