/** The checks that need the URL alone. The addresses of its name are checked later. */

/** A request that the mesh does not make, and why. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: 'URL_INVALID' | 'PORT_FORBIDDEN' | 'ADDRESS_FORBIDDEN';
  constructor(code: OutboundError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Other ports below 1024 belong to mail, shells and the like, which must not get HTTP requests. */
const PORTS = [
  [80, 80],
  [443, 443],
  [1_024, 65_535],
] as const;

const checkedUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault = (why: string) => new OutboundError('URL_INVALID', `url: ${why}`);
  if (!url) throw fault(`${JSON.stringify(text.slice(0, 200))} is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fault(`${url.protocol} is not http(s)`);
  if (url.username !== '' || url.password !== '') throw fault('credentials belong in a header');
  return url;
};

const checkPort = ({ port }: URL): void => {
  const number = Number(port);
  if (port === '' || PORTS.some(([from, to]) => number >= from && number <= to)) return;
  throw new OutboundError('PORT_FORBIDDEN', `port ${port} is none of 80, 443, 1024 to 65535`);
};

/**
 * Parses the URL of an outbound request: http or https, no credentials, an allowed port.
 * @throws OutboundError URL_INVALID, PORT_FORBIDDEN
 */
export const outboundUrl = (text: string): URL => {
  const url = checkedUrl(text);
  checkPort(url);
  return url;
};
