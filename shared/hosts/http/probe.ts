/** Probes a host over HTTP: one request, its outcome, and the time of each phase. */
import {
  type Answered,
  createAgent,
  type Exchange,
  type Exchanged,
  exchange,
  type Marks,
} from '#shared/http/exchange.ts';
import { createOutbound, type Resolve, systemResolve } from '#shared/kernel/addresses.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Probe } from '../ports.ts';
import { type Answer, judgeAnswer } from '../probing/probeAnswer.ts';
import type { Phases, ProbeOutcome } from '../probing/probeOutcome.ts';
import type { Host } from '../registry/host.ts';
import { type Failure, failureOf } from './failures.ts';
import { keepNames } from './keptNames.ts';

export interface ProbeOptions {
  /** CIDRs that may be probed although they are private. */
  readonly allow: readonly string[];
  readonly clock: Clock;
  /** Number of hosts that are probed repeatedly; so many TLS sessions are kept. */
  readonly hosts: number;
  /** For tests. */
  readonly resolve?: Resolve;
  readonly ca?: string;
}

const DAY_MS = 86_400_000;
const USER_AGENT = 'sheratan-prober';

const phasesOf = ({ dns, connect, tls, firstByte }: Marks): Phases => ({
  ...(dns !== undefined && { dns }),
  ...(connect !== undefined && { connect: connect - (dns ?? 0) }),
  ...(tls !== undefined && { tls: tls - (connect ?? 0) }),
  ...(firstByte !== undefined && { firstByte: firstByte - (tls ?? connect ?? 0) }),
});

const late = ({ marks }: Exchanged, url: URL, timeoutMs: number): Failure => {
  // Either the resolver was asked, or the URL has an address and there is nothing to ask.
  const named = !/^[\d.]+$|^\[/.test(url.hostname);
  const waits = (): string => {
    if (marks.connect === undefined)
      return named && marks.dns === undefined ? 'name' : 'connection';
    if (url.protocol === 'https:' && marks.tls === undefined) return 'TLS handshake';
    return marks.firstByte === undefined ? 'answer' : 'end of its body';
  };
  const what = waits();
  const reason = what === 'name' ? 'dns' : 'timeout';
  return { kind: 'fail', reason, detail: `after ${timeoutMs} ms it still waited for the ${what}` };
};

const answerOf = ({ status, headers, body, truncated }: Answered): Answer => ({
  status,
  retryAfter: headers['retry-after'],
  // Without the byte order mark that some servers put before JSON.
  body: new TextDecoder().decode(body),
  truncated,
});

const measured = (seen: Exchanged, now: number) => ({
  ms: seen.ms,
  phases: phasesOf(seen.marks),
  ...(seen.end.kind === 'answer' && { status: seen.end.status }),
  ...(seen.certificateEnds !== undefined && {
    certDays: Math.floor((seen.certificateEnds - now) / DAY_MS),
  }),
});

const limitOf = ({ probe }: Host): number =>
  probe.body ? LIMITS.probeRuleBodyBytesMax : LIMITS.probeBodyBytesMax;

interface Requested {
  readonly seen: Exchanged;
  readonly url: URL;
  readonly timeoutMs: number;
}

const outcomeOf = (host: Host, { seen, url, timeoutMs }: Requested, now: number): ProbeOutcome => {
  const { end } = seen;
  if (end.kind !== 'answer') {
    const failure = end.kind === 'late' ? late(seen, url, timeoutMs) : failureOf(end.error);
    return failure.kind === 'fail' ? { ...failure, ...measured(seen, now) } : failure;
  }
  const judgement = judgeAnswer(answerOf(end), host.probe, now);
  if (judgement.kind !== 'pass') return { ...judgement, ...measured(seen, now) };
  const kind = seen.ms > host.probe.degradedMs ? 'slow' : 'ok';
  return { kind, ...measured(seen, now) };
};

/** A path cannot lead to another host, whatever its first characters are. */
const urlOf = ({ endpoint, probe }: Host): string => {
  const base = endpoint.replace(/\/+$/, '');
  return probe.path.startsWith('/') ? base + probe.path : `${base}/${probe.path}`;
};

/** A probe for all runs of an environment: it keeps names and TLS sessions. */
export const createProbe = (options: ProbeOptions): Probe => {
  const { clock, ca } = options;
  const resolve = keepNames(options.resolve ?? systemResolve, clock);
  const outbound = createOutbound({ allow: options.allow, resolve });
  let agent = createAgent(options.hosts);
  let since = clock.now();
  // End of the certificate by origin: a resumed session does not show its certificate.
  const ends = new Map<string, number>();
  const renew = (): void => {
    agent = createAgent(options.hosts);
    since = clock.now();
    ends.clear();
  };

  const request = async (host: Host, url: URL, timeoutMs: number): Promise<Exchanged> => {
    const now = clock.now();
    if (now - since > LIMITS.tlsSessionMs || (ends.get(url.host) ?? now + 1) <= now) renew();
    const input: Exchange = {
      method: host.probe.method,
      headers: { 'user-agent': USER_AGENT, accept: '*/*', ...host.probe.headers },
      timeoutMs,
      // Node tries each of several addresses for only 250 ms, which is too short for far hosts.
      addressMs: timeoutMs,
      limitBytes: limitOf(host),
      lookup: outbound.lookup,
      agent,
      ca,
    };
    const seen = await exchange(url, input);
    if (seen.certificateEnds !== undefined) ends.set(url.host, seen.certificateEnds);
    const certificateEnds = ends.get(url.host);
    return { ...seen, ...(certificateEnds !== undefined && { certificateEnds }) };
  };

  return async (host, timeoutMs) => {
    try {
      const url = outbound.check(urlOf(host));
      const seen = await request(host, url, timeoutMs);
      return outcomeOf(host, { seen, url, timeoutMs }, clock.now());
    } catch (error) {
      const failure = failureOf(error);
      return failure.kind === 'fail' ? { ...failure, ms: 0, phases: {} } : failure;
    }
  };
};
