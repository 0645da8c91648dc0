/** Envelopes of other services around a job, or in its place: what they are, and what to turn off. */

import { isJsonObject, type JsonObject, readJson } from '#shared/kernel/json.ts';

interface Wrapper {
  readonly recognizes: (body: JsonObject) => boolean;
  /** What it is, and what its sender should do. */
  readonly advice: string;
  /** Where the sender's own words are in it. */
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

/** What to do about a body that another service wrapped; undefined when it is not wrapped. */
export const wrapperAdvice = (body: unknown): string | undefined => wrapperOf(body)?.advice;

/** The innermost body that a sender wrote itself, as far as it can be read. */
export const unwrapped = (body: unknown): unknown => {
  let inner = body;
  // Not by recursion: a sender may wrap as deeply as a message is long.
  while (isJsonObject(inner)) {
    const inside = wrapperOf(inner)?.inside;
    if (!inside) break;
    inner = inside(inner);
  }
  return inner;
};
