/**
 * Lines of CloudWatch Logs: one call of that service (FilterLogEvents), signed here. A client for all
 * of it would be a megabyte more in every installation.
 */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Access, Keep } from './access.ts';

/** A line of a log group. */
interface LogEvent {
  /** ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** Which lines are wanted; times are ms since the epoch. */
interface LogQuestion {
  readonly group: string;
  /** A filter pattern of CloudWatch Logs. */
  readonly pattern: string;
  readonly from: number;
  readonly until: number;
  readonly limit: number;
}

/** Reads of log groups. */
export interface LogEvents {
  /** The lines, the oldest first; none of a log group that is not there. */
  find(question: LogQuestion): Promise<readonly LogEvent[]>;
}

/** An empty page may be followed by a full one. */
const PAGES_MAX = 20;
const TRIES_MAX = 3;
const TIMEOUT_MS = 20_000;

interface Answer {
  readonly events?: readonly { readonly timestamp?: number; readonly message?: string }[];
  readonly nextToken?: string;
  readonly __type?: string;
  readonly message?: string;
}

const faultIn = ({ __type = 'Error', message = '' }: Answer, status: number): Error => {
  const name = __type.split('#').at(-1) ?? __type;
  return Object.assign(new Error(message || `CloudWatch Logs answered ${status}`), { name });
};

/** Whether the same question may have an answer a moment later. */
const isPassing = (status: number, { __type = '' }: Answer): boolean =>
  status >= 500 || /Throttl|LimitExceeded|TooManyRequests/.test(__type);

/** Lines of one account and region. */
export const openLogEvents = (access: Access, keep: Keep): LogEvents => {
  // Only for its settings: region, credentials and hashes as every other client has them.
  const { config } = keep(new CloudWatchClient(access));
  const signer = new SignatureV4({
    service: 'logs',
    region: config.region,
    credentials: config.credentials,
    sha256: config.sha256,
  });
  const placeOf = async (): Promise<URL> => {
    if (access.endpoint) return new URL(access.endpoint);
    const region = await config.region();
    return new URL(`https://logs.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
  };
  const askOnce = async (body: string): Promise<{ status: number; answer: Answer }> => {
    const url = await placeOf();
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port && { port: Number(url.port) }),
      path: '/',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.FilterLogEvents',
      },
      body,
    });
    const { host: _, ...sent } = headers;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: 'POST', headers: sent, body, signal });
    return { status: response.status, answer: (await response.json()) as Answer };
  };
  /** A read: it may be asked again. */
  const ask = async (input: object): Promise<Answer> => {
    const body = JSON.stringify(input);
    for (let tries = 1; ; tries += 1) {
      const { status, answer } = await askOnce(body);
      if (status === 200) return answer;
      if (tries === TRIES_MAX || !isPassing(status, answer)) throw faultIn(answer, status);
    }
  };
  const pages = async function* ({ group, pattern, from, until, limit }: LogQuestion) {
    const input = { logGroupName: group, filterPattern: pattern, startTime: from, limit };
    let nextToken: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await ask({ ...input, endTime: until, ...(nextToken && { nextToken }) });
      yield (answer.events ?? []).map(({ timestamp: at = 0, message = '' }): LogEvent => {
        return { at, text: message.trimEnd() };
      });
      nextToken = answer.nextToken;
      if (!nextToken) return;
    }
  };
  return {
    find: async (question) => {
      const found: LogEvent[] = [];
      try {
        for await (const events of pages(question)) {
          found.push(...events);
          if (found.length >= question.limit) break;
        }
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
      }
      return found.slice(0, question.limit);
    },
  };
};
