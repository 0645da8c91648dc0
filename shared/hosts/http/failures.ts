/** What a failed exchange means: a failure of the host, or of this process. */
import type { FailReason, InconclusiveReason } from '../probing/probeOutcome.ts';

/** Codes of failures that are not the host's. */
const OWN: Readonly<Record<string, InconclusiveReason>> = {
  EMFILE: 'descriptors',
  ENFILE: 'descriptors',
  ENOMEM: 'descriptors',
  ENOBUFS: 'descriptors',
  EAGAIN: 'descriptors',
  EADDRNOTAVAIL: 'descriptors',
  EAI_MEMORY: 'descriptors',
  EAI_SYSTEM: 'descriptors',
  EAI_AGAIN: 'dns_down',
  ADDRESS_FORBIDDEN: 'forbidden_address',
  PORT_FORBIDDEN: 'forbidden_address',
  URL_INVALID: 'forbidden_address',
};

const FAILS: Readonly<Record<string, FailReason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  EAI_FAIL: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  CERT_HAS_EXPIRED: 'certificate_expired',
  EPROTO: 'tls',
};

const TLS = /^(?:ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|INVALID_CA)/;
const DETAIL_MAX = 200;

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** The error that tells most, when several addresses failed: the one that got furthest. */
const telling = (error: unknown): unknown => {
  if (!(error instanceof AggregateError)) return error;
  const codes = ['ECONNREFUSED', 'ETIMEDOUT', 'EMFILE'];
  return error.errors.find((each) => codes.includes(codeOf(each))) ?? error.errors[0];
};

export type Failure =
  | { readonly kind: 'fail'; readonly reason: FailReason; readonly detail: string }
  | { readonly kind: 'inconclusive'; readonly reason: InconclusiveReason; readonly detail: string };

/** The failure that an error of Node, TLS or the outbound rules stands for. */
export const failureOf = (given: unknown): Failure => {
  const error = telling(given);
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const detail = message.slice(0, DETAIL_MAX);
  const own = OWN[code];
  if (own) return { kind: 'inconclusive', reason: own, detail };
  const reason = FAILS[code] ?? (TLS.test(code) ? 'tls' : 'protocol');
  return { kind: 'fail', reason, detail };
};
