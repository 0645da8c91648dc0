/** What a URL alone says about whether it may be asked for; what its name leads to is judged later. */

export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: 'URL_INVALID' | 'PORT_FORBIDDEN' | 'ADDRESS_FORBIDDEN';
  constructor(code: OutboundError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Below 1024 are mail, shells and the like, which an HTTP request might talk to by mistake. */
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

/** @throws OutboundError URL_INVALID, PORT_FORBIDDEN */
export const outboundUrl = (text: string): URL => {
  const url = checkedUrl(text);
  checkPort(url);
  return url;
};
