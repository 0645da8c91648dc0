/**
 * A request for items, signed by the SDK's own signer and sent once, by the SDK's own handler.
 * Whatever has no plain answer the SDK sends anew, with its retries and its errors.
 */
import type { Readable } from 'node:stream';
import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { systemClock } from '#shared/kernel/ports.ts';
import { parseAnswer, requestText, type WireFields } from './itemShapes.ts';
import { Sha256 } from './sha256.ts';

type Address = Pick<HttpRequest, 'protocol' | 'hostname' | 'port' | 'path' | 'method' | 'headers'>;

const OK = 200;
const BAD_REQUEST = 400;
const FAULT = 500;
/** The SDK reads the table's clock, in whole seconds, from each answer; AWS refuses after minutes. */
const SKEW_MS = 60_000;
/** What is the same in every request. */
const LASTING = ['host', 'content-type', 'user-agent', 'x-amz-user-agent'];

const addressIn = ({ headers, ...request }: HttpRequest): Address => ({
  protocol: request.protocol,
  hostname: request.hostname,
  ...(request.port !== undefined && { port: request.port }),
  path: request.path,
  method: request.method,
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => LASTING.includes(name))),
});

/** By events: to iterate over the stream takes as much CPU again as the whole exchange. */
const textOf = (body: Readable): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.on('end', () => resolve(Buffer.concat(chunks).toString()));
    body.on('error', reject);
  });

interface Refusal {
  readonly __type?: string;
  readonly message?: string;
  readonly Message?: string;
  readonly Item?: Record<string, AttributeValue>;
  readonly CancellationReasons?: CancellationReason[];
}

/** The name comes after the service's. */
const typeOf = ({ __type = '' }: Refusal): string => __type.slice(__type.lastIndexOf('#') + 1);

/** The refusals that are answers to a condition; any other the SDK shall hear itself. */
const unmetIn = (answer: Refusal): Error | undefined => {
  const { message = '', Message = message, Item, CancellationReasons } = answer;
  const told = { message: Message, $metadata: { attempts: 1 } };
  switch (typeOf(answer)) {
    case 'ConditionalCheckFailedException':
      return new ConditionalCheckFailedException({ ...told, ...(Item && { Item }) });
    case 'TransactionCanceledException':
      return new TransactionCanceledException({
        ...told,
        ...(CancellationReasons && { CancellationReasons }),
      });
    default:
      return undefined;
  }
};

/** Whether the refusal would be the same at another time: no limit, and nothing under way. */
const isLasting = (status: number, answer: Refusal): boolean =>
  status >= BAD_REQUEST && status < FAULT && !/Throttl|Exceeded|InProgress/.test(typeOf(answer));

/**
 * Sends operations such as `GetItem` the short way.
 *
 * @param sdk its first request tells the address, and goes the SDK's way, as do requests without a
 *   plain answer
 * @returns `ask` with the request as it is on the wire, and with what sends it by the SDK; throws
 *   what the SDK throws
 */
export const shortWay = (sdk: DynamoDBClient) => {
  const { config } = sdk;
  const { credentials, region } = config;
  const signer = new SignatureV4({
    credentials,
    region,
    sha256: Sha256,
    service: 'dynamodb',
    applyChecksum: false,
  });
  let address: Address | undefined;
  let isOpen = true;
  sdk.middlewareStack.add(
    (next) => (args) => {
      address ??= addressIn(args.request as HttpRequest);
      return next(args);
    },
    { step: 'deserialize' },
  );

  const exchange = async (to: Address, operation: string, request: WireFields) => {
    const body = requestText(request);
    const headers = {
      ...to.headers,
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const signingDate = new Date(systemClock.now() + config.systemClockOffset);
    const signed = await signer.sign({ ...to, headers, body }, { signingDate });
    const { response } = await config.requestHandler.handle(signed as never);
    const answer = parseAnswer(await textOf(response.body as Readable));
    return { status: response.statusCode, answer };
  };

  const ask = async (operation: string, request: WireFields, anew: () => Promise<object>) => {
    if (!address || !isOpen) return anew();
    // Lost on its way, or its answer was: when the SDK's tries are used up, the SDK tells of it.
    const answered = await exchange(address, operation, request).catch(() => undefined);
    if (!answered) return anew();
    const { status, answer } = answered;
    if (status === OK) return { ...answer, $metadata: { httpStatusCode: OK, attempts: 1 } };
    const unmet = unmetIn(answer);
    if (unmet) throw unmet;
    const offset = config.systemClockOffset;
    const told = await anew();
    const wasSkewed = Math.abs(config.systemClockOffset - offset) > SKEW_MS;
    // Only the short way is refused, and not for our clock: each request would cost two.
    if (isLasting(status, answer) && !wasSkewed) isOpen = false;
    return told;
  };
  return ask;
};
