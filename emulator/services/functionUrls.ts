/**
 * Function URLs: all on one port of loopback, each below the logical id of its URL. A request comes to
 * the function, and its answer goes back, in Lambda's payload format 2.0.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boundedBytes } from '#shared/kernel/boundedBytes.ts';
import type { KeptFile } from '../data/kept.ts';
import { LocalCloudError } from '../errors.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import { ACCOUNT, portBefore } from '../servers.ts';
import { object, resourcesOf } from '../template/properties.ts';
import type { ResolveContext } from '../template/resolve.ts';
import type { ServiceRequest } from '../template/resourcePolicies.ts';
import type { Template } from '../template/template.ts';

const LOCAL_USER = `arn:aws:iam::${ACCOUNT}:user/local`;
const BODY_BYTES_MAX = 6_291_456;
/** Content types whose body Lambda hands on as text. Other bodies are handed on as base64. */
const TEXT = /^(?:text\/|application\/(?:json|javascript|xml)\b)/i;

/** The server of the URLs of one cloud. */
export interface FunctionUrls {
  /** Where the URLs begin; empty for a template without any. */
  readonly endpoint: string;
  /**
   * Says which functions answer. Before, every request is answered by 503.
   * @returns the functions, which need not run before the first request
   */
  open(
    template: Template,
    context: ResolveContext,
    functions: ReadonlyMap<string, LocalFunction>,
    isAllowed: (request: ServiceRequest) => boolean,
  ): ReadonlySet<LocalFunction>;
  stop(): Promise<void>;
}

const NONE: FunctionUrls = {
  endpoint: '',
  open: () => new Set(),
  stop: () => Promise.resolve(),
};

interface Passed {
  readonly fn: LocalFunction;
  readonly path: string;
  readonly query: string;
  /** Whether the URL asks for signed requests. As everywhere on loopback, no signature is looked at. */
  readonly isSigned: boolean;
}

const eventOf = (
  request: IncomingMessage,
  { path, query, isSigned }: Passed,
  body: Buffer,
): object => {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const isText = body.length === 0 || TEXT.test(headers['content-type'] ?? '');
  const now = new Date();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers,
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    requestContext: {
      ...(isSigned
        ? { accountId: ACCOUNT, authorizer: { iam: { accountId: ACCOUNT, userArn: LOCAL_USER } } }
        : { accountId: 'anonymous' }),
      apiId: 'local',
      domainName: headers['host'] ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  };
};

const respond = (response: ServerResponse, value: unknown): void => {
  const { statusCode, headers, body = '', isBase64Encoded } = object(value);
  if (typeof statusCode !== 'number') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value ?? null));
    return;
  }
  response.writeHead(statusCode, object(headers) as Record<string, string>);
  response.end(Buffer.from(String(body), isBase64Encoded === true ? 'base64' : 'utf8'));
};

const say = (response: ServerResponse, status: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ Message: message }));
};

const pass = async (
  request: IncomingMessage,
  response: ServerResponse,
  passed: Passed,
): Promise<void> => {
  const body = await boundedBytes(request, BODY_BYTES_MAX);
  if (!body) return say(response, 413, 'the body has more than 6 MB');
  const result = await passed.fn.invoke(eventOf(request, passed, body));
  if (result.ok) respond(response, result.value);
  else say(response, 502, 'Internal Server Error');
};

/** A web page may call no URL that asks for signatures, whatever name it has for this machine. */
const isOfPage = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || !/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(headers.host ?? '');

/** The rights that a call of a public URL needs: since October 2025 both of them. */
const ACTIONS = ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'];

interface Target {
  readonly fn: LocalFunction;
  readonly isSigned: boolean;
  /** Whether anybody may call. */
  readonly isOpen: boolean;
}

const targetsOf: (...of: Parameters<FunctionUrls['open']>) => ReadonlyMap<string, Target> = (
  template,
  context,
  functions,
  isAllowed,
) => {
  const byArn = new Map([...functions.values()].map((fn) => [fn.spec.functionArn, fn]));
  const of = resourcesOf(template, ['AWS::Lambda::Url'], context);
  return new Map(
    of.map(({ id, properties: { AuthType, TargetFunctionArn } }) => {
      const resourceArn = String(TargetFunctionArn);
      const fn = byArn.get(resourceArn);
      const isSigned = AuthType === 'AWS_IAM';
      if (!fn || !(isSigned || AuthType === 'NONE'))
        throw new LocalCloudError(
          'UNSUPPORTED_PROPERTY',
          `Function URL ${id}: AuthType ${String(AuthType)} of ${resourceArn} is not supported here`,
        );
      const isOpen = ACTIONS.every((action) =>
        isAllowed({ service: '*', action, resourceArn, sourceArn: '' }),
      );
      return [id, { fn, isSigned, isOpen }];
    }),
  );
};

/**
 * Starts the server, when the template has function URLs.
 *
 * @param port kept, because URLs are in mails and in other systems
 * @param onFault told when the URLs move, because somebody else has their port
 */
export const startFunctionUrls = async (
  template: Template,
  port: KeptFile<number>,
  onFault: (text: string) => void,
): Promise<FunctionUrls> => {
  if (!Object.values(template.Resources).some(({ Type }) => Type === 'AWS::Lambda::Url'))
    return NONE;
  let targets: ReadonlyMap<string, Target> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://local');
    const [, id = '', path = '/'] = /^\/([^/]+)(\/.*)?$/.exec(pathname) ?? [];
    const target = targets?.get(id);
    if (!targets) say(response, 503, 'starting');
    else if (!target) say(response, 404, 'there is no function URL here');
    else if (target.isSigned ? isOfPage(request) : !target.isOpen) say(response, 403, 'Forbidden');
    else await pass(request, response, { ...target, path, query: search.slice(1) });
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.destroy());
  });
  const wanted = (await portBefore('function URLs', port, onFault)) ?? 0;
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  port.write(own);
  return {
    endpoint: `http://127.0.0.1:${own}`,
    open: (...of) => {
      targets = targetsOf(...of);
      return new Set([...targets.values()].map(({ fn }) => fn));
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
