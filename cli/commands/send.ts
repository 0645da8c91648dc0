/** `send`: check what can be checked here, send the rest in batches, report every refusal. */

import type { Deployment } from '#client/deployment.ts';
import type { TargetOptions } from '#client/target.ts';
import { watchJobs } from '#client/wait.ts';
import { hintsOf, jobIdOf } from '#shared/jobs/envelope.ts';
import { messageOf, type OutgoingMessage, uncheckedMessageOf } from '#shared/jobs/message.ts';
import { claimCheck } from '#shared/jobs/payload.ts';
import type { Blobs } from '#shared/jobs/ports.ts';
import { sendMessages } from '#shared/jobs/sqs/sender.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { checkBody } from '../check.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { type InputItem, readItems, readLegacy } from '../input.ts';
import { columns, json, note, out, paint, plain, progress } from '../print.ts';
import { withDeployment } from '../session.ts';
import { exitOfAll } from './watch.ts';

export interface SendOptions extends TargetOptions {
  readonly legacy?: boolean;
  /** Leave the judgement to the mesh. */
  readonly unchecked?: boolean;
  /** Seconds to follow the jobs to their end. */
  readonly wait?: number;
  readonly json?: boolean;
}

interface Sent {
  readonly where: string;
  readonly id: string;
  readonly kind: string;
}

interface Refused {
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

export interface SendReport {
  readonly sent: readonly Sent[];
  readonly refused: readonly Refused[];
}

const PREPARED_AT_ONCE = 8;

interface Ready {
  readonly item: InputItem;
  readonly message: OutgoingMessage;
  /** The job's id once its message has one. */
  readonly idOf: (messageId: string) => string;
  readonly kind: string;
}

const checked = async (item: InputItem, blobs: Blobs): Promise<Ready | Refused> => {
  if (item.fault) return { where: item.where, ...item.fault };
  const job = checkBody(item.body);
  if ('message' in job) return { where: item.where, code: job.code, message: job.message };
  const envelope = await claimCheck(job.envelope, blobs);
  const body = envelope === job.envelope ? item.body : JSON.stringify(envelope);
  return {
    item,
    message: messageOf(envelope, body, systemIds.next()),
    idOf: (messageId) => jobIdOf(envelope, messageId),
    kind: envelope.kind,
  };
};

/** The mesh judges: what it cannot run ends there as QUARANTINED, with its body. */
const unchecked = async (item: InputItem, blobs: Blobs): Promise<Ready | Refused> => {
  const job = checkBody(item.body);
  if (item.fault || !('message' in job)) return checked(item, blobs);
  if (item.body === '')
    return { where: item.where, code: 'EMPTY', message: 'there is nothing to send' };
  const { id, kind = '' } = hintsOf(item.body);
  const message = uncheckedMessageOf(item.body, systemIds.next());
  return { item, message, idOf: (messageId) => id ?? messageId, kind };
};

/** Sends envelopes; what the queue refuses joins what the check refused. */
export const sendItems = async (
  items: readonly InputItem[],
  deployment: Pick<Deployment, 'sqs' | 'queueUrls' | 'blobs'>,
  { check = true } = {},
): Promise<SendReport> => {
  const prepare = check ? checked : unchecked;
  const prepared = await mapPool(items, PREPARED_AT_ONCE, (item) =>
    prepare(item, deployment.blobs),
  );
  const ready = prepared.filter((each): each is Ready => 'item' in each);
  const refused = prepared.filter((each): each is Refused => !('item' in each));
  const bar = progress('sending', ready.length);
  const messages = ready.map(({ message }) => message);
  const outcomes = await sendMessages(messages, { ...deployment, onOutcome: bar.tick });
  bar.end();
  const sent: Sent[] = [];
  ready.forEach(({ item: { where }, idOf, kind }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'sent') sent.push({ where, id: idOf(outcome.messageId), kind });
    else {
      const { code = 'NOT_SENT', message = 'the queue did not answer for it' } = outcome ?? {};
      refused.push({ where, code, message });
    }
  });
  return { sent, refused };
};

const SHOWN_MAX = 20;

const printReport = ({ sent, refused }: SendReport): void => {
  for (const { id } of sent.slice(0, SHOWN_MAX)) out(id);
  if (sent.length > SHOWN_MAX) note(`… and ${sent.length - SHOWN_MAX} more (--json lists all)`);
  if (refused.length > 0)
    note(
      columns(
        refused.map(({ where, code, message }) => [
          paint('red', 'refused'),
          where,
          code,
          plain(message),
        ]),
      ),
    );
  const counts = `${sent.length} sent, ${refused.length} refused`;
  note(paint(refused.length > 0 ? 'yellow' : 'green', counts));
};

/** Follows what was sent and counts how it ended. */
const awaitEnd = async (
  { sent }: SendReport,
  deployment: Deployment,
  options: SendOptions,
): Promise<ExitCode> => {
  const ids = sent.map(({ id }) => id);
  const timeoutMs = (options.wait ?? 0) * 1_000;
  const seen = await watchJobs(deployment, { ids, timeoutMs, onChange: () => undefined });
  const states = ids.map((id) => seen.get(id)?.status ?? 'QUEUED');
  const counts = [...Map.groupBy(states, (state) => state)].map(
    ([state, of]) => `${of.length} ${state}`,
  );
  note(`${ids.length} jobs: ${counts.sort().join(', ')}`);
  return exitOfAll(ids, seen);
};

export const send = async (file: string, options: SendOptions): Promise<ExitCode> => {
  const items = options.legacy ? readLegacy(file) : await readItems(file);
  return withDeployment(options, async (deployment) => {
    const check = !(options.unchecked || options.legacy);
    const report = await sendItems(items, deployment, { check });
    if (options.json) json(report);
    else printReport(report);
    const ended = options.wait ? await awaitEnd(report, deployment, options) : EXIT.ok;
    return report.refused.length > 0 ? EXIT.refused : ended;
  });
};
