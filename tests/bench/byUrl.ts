/** What the functions with URLs cost: a signal by a link, and a job by HTTP. */
import { loadAssembly } from '#emulator/template/template.ts';
import { concurrencyOf } from '#infra/concurrency.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { answerApi } from '#shared/jobs/api/answer.ts';
import type { UrlAnswer } from '#shared/jobs/ports/urlAnswer.ts';
import { answerLink } from '#shared/jobs/signalUrls/answer.ts';
import { linkToken } from '#shared/jobs/signalUrls/link.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { described } from '../support/described.ts';
import { noCounts } from './counts.ts';
import { money, row } from './markdown.ts';
import { openWorker } from './price.ts';

const MILLION = 1e6;
const REQUESTS = 10;
const DAY_SECONDS = 86_400;
/** An assumption: an answer takes so long. */
const ANSWER_SECONDS = 0.05;
const SECRET = 'whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=';

/** One request, with what it asks of tables and queues. */
export interface ByUrl {
  readonly what: string;
  /** The function that answers. */
  readonly fn: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly queueRequests: number;
}

type World = Awaited<ReturnType<typeof openWorker>>;
type Ask = (n: number) => Promise<UrlAnswer>;

const asks = ({ deps, sqs, queueUrl }: World): readonly (readonly [string, string, Ask])[] => {
  const ofLinks = { ...deps, secrets: () => Promise.resolve([SECRET]) };
  const byLink = (method: string, n: number) => {
    const link = { job: `job-${n}`, name: 'approval', id: `signal-${n}`, data: { ok: true } };
    const token = linkToken({ ...link, expiresAt: deps.clock.now() + 60_000 }, SECRET);
    const request = { method, path: `/${token}`, headers: {}, body: '', from: '192.0.2.1' };
    return answerLink(request, ofLinks);
  };
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const ofApi = { ...deps, outgoing: createOutgoing({ sqs, queueUrls }) };
  const by = 'arn:aws:iam::123456789012:user/ada';
  const send = (n: number) => {
    const body = JSON.stringify({ id: `job-${n}`, kind: 'echo', payload: { n } });
    return answerApi({ method: 'POST', path: '/jobs', body, by }, ofApi);
  };
  const read = (n: number) =>
    answerApi({ method: 'GET', path: `/jobs/job-${n}`, body: '', by }, ofApi);
  return [
    ['a link is opened', 'signals', (n) => byLink('GET', n)],
    ['a link is answered', 'signals', (n) => byLink('POST', n)],
    ['a job is sent', 'api', send],
    ['a job is read', 'api', read],
  ];
};

/** What each request asks for. The jobs that follow are other rows. */
export const measureByUrl = async (): Promise<readonly ByUrl[]> => {
  const world = await openWorker();
  const { counts, close } = world;
  const found: ByUrl[] = [];
  for (const [what, fn, ask] of asks(world)) {
    Object.assign(counts, noCounts());
    for (let n = 0; n < REQUESTS; n += 1) {
      const { status, body } = await ask(n);
      if (status >= 400 && status !== 404) throw new Error(`${what}: ${status} ${body}`);
    }
    const { units, readUnits, sqs } = counts;
    const all = { writeUnits: units, readUnits, queueRequests: sqs };
    const each = Object.entries(all).map(([name, count]) => [name, count / REQUESTS]);
    found.push({ what, fn, ...(Object.fromEntries(each) as typeof all) });
  }
  await close();
  return found;
};

/** GB of memory of the function, in the template. */
const gigabytesOf = (): ((fn: string) => number) => {
  const { template } = loadAssembly(described({ signalUrls: 'true', http: 'true' }));
  const all = Object.values(template.Resources).map(({ Properties = {} }) => Properties);
  return (fn) => {
    const found = all.find(({ FunctionName }) => String(FunctionName).endsWith(`-${fn}`));
    return Number(found?.['MemorySize'] ?? Number.NaN) / 1_024;
  };
};

/** US$ of so many requests, without what they ask for. */
const answering = (requests: number, gigabytes: number): number =>
  requests * (USD.invocation + ANSWER_SECONDS * gigabytes * USD.gigabyteSecond);

/** The section of docs/costs.md. */
export const byUrlSection = (counted: readonly ByUrl[]): string => {
  const gigabytes = gigabytesOf();
  const usd = ({ fn, writeUnits, readUnits, queueRequests }: ByUrl): number =>
    writeUnits * USD.writeUnit +
    readUnits * USD.readUnit +
    queueRequests * USD.queueRequest +
    answering(1, gigabytes(fn));
  const { reserved } = concurrencyOf({ account: 'large', maxConcurrency: {} });
  const atOnce = reserved?.signals ?? Number.NaN;
  const aSecond = atOnce / ANSWER_SECONDS;
  const flood = answering(aSecond * DAY_SECONDS, gigabytes('signals'));
  const rows = counted.map((each) =>
    row(
      each.what,
      ...[each.fn, each.writeUnits, each.readUnits, each.queueRequests],
      money(usd(each) * MILLION),
    ),
  );
  return `### Signal URLs and the HTTP interface

The functions of the settings \`signalUrls\` and \`http\` cost nothing while nobody asks. An answer is reckoned with
${ANSWER_SECONDS * 1_000} ms. Function URLs themselves have no price.

${[
  row('a million times', 'function', 'write units', 'read units', 'queue requests', 'US$'),
  row('---', '---', '---:', '---:', '---:', '---:'),
  ...rows,
].join('\n')}

The job that goes on after a signal, and the job that was sent, come on top. Sent by HTTP, a job of the first table needs no
other sender: of its requests to queues one is counted here. A link that nobody signed costs as much as a link that is
opened. A stranger who asks all day long costs at most US$ ${money(flood)} a day in an account \`large\`, where the function has
${atOnce} executions: ${aSecond} answers a second. Lambda refuses the other requests, and they cost nothing. What the function prints
comes on top. Other accounts set no such bound: [limits.md](limits.md#public-urls).`;
};
