/** `send`: checks what can be checked here, sends the rest in batches, reports every refusal. */

import type { Deployment } from '#client/deployment.ts';
import { droppedOf, droppedText, handleOf, type JobHandle } from '#client/handle.ts';
import type { TargetOptions } from '#client/target.ts';
import { type Watched, watchHandles } from '#client/wait.ts';
import { hintsOf } from '#shared/jobs/envelope/envelope.ts';
import { bodyOf, messageOf, uncheckedMessageOf } from '#shared/jobs/envelope/message.ts';
import { claimCheck } from '#shared/jobs/envelope/payload.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import type { Blobs, OutgoingMessage } from '#shared/jobs/ports/jobs.ts';
import { sendMessages } from '#shared/jobs/sqs/sender.ts';
import { asciiText } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { checkBody, kindsAt } from '../input/check.ts';
import { type InputItem, readItems, readLegacy } from '../input/input.ts';
import { columns, json, note, out, paint, plain, progress } from '../print.ts';
import { withDeployment } from '../session.ts';
import { exitOfStates } from './watch.ts';

export interface SendCommandOptions extends TargetOptions {
  readonly legacy?: boolean;
  /** Sends what the check would refuse; the mesh decides. */
  readonly unchecked?: boolean;
  /** Seconds to wait for the jobs' ends. */
  readonly wait?: number;
  readonly json?: boolean;
}

/** The handle of a job, and the place of its envelope. */
interface Sent extends JobHandle {
  readonly where: string;
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
  /** The job's handle, when the message has an id. */
  readonly handleOf: (messageId: string) => JobHandle;
}

interface Checks {
  readonly kinds: Kinds;
  readonly blobs: Blobs;
}

const checked = async (item: InputItem, { kinds, blobs }: Checks): Promise<Ready | Refused> => {
  if (item.fault) return { where: item.where, ...item.fault };
  const job = checkBody(item.body, kinds);
  if ('message' in job) return { where: item.where, code: job.code, message: job.message };
  const envelope = await claimCheck(job.envelope, blobs);
  const body = envelope === job.envelope ? asciiText(item.body) : bodyOf(envelope);
  return {
    item,
    message: messageOf(envelope, body, systemIds.next()),
    handleOf: (messageId) => handleOf(envelope, messageId),
  };
};

/** Sends an item even when it cannot run: the mesh keeps its body and ends it as QUARANTINED. */
const unchecked = async (item: InputItem, checks: Checks): Promise<Ready | Refused> => {
  const job = checkBody(item.body, checks.kinds);
  if (item.fault || !('message' in job)) return checked(item, checks);
  if (item.body === '')
    return { where: item.where, code: 'EMPTY', message: 'there is nothing to send' };
  const { id, kind = '' } = hintsOf(item.body);
  const message = uncheckedMessageOf(item.body, systemIds.next());
  const handle = (messageId: string) => ({ id: id ?? messageId, kind, sent: { messageId } });
  return { item, message, handleOf: handle };
};

/** Sends envelopes. Refusals of the check and of the queue are in the report. */
export const sendItems = async (
  items: readonly InputItem[],
  deployment: Pick<Deployment, 'sqs' | 'queueUrls' | 'pools' | 'blobs' | 'ownKinds' | 'kindInfos'>,
  { check = true } = {},
): Promise<SendReport> => {
  const prepare = check ? checked : unchecked;
  const checks = { kinds: await kindsAt(deployment), blobs: deployment.blobs };
  const prepared = await mapPool(items, PREPARED_AT_ONCE, (item) => prepare(item, checks));
  const ready = prepared.filter((each): each is Ready => 'item' in each);
  const refused = prepared.filter((each): each is Refused => !('item' in each));
  const bar = progress('sending', ready.length);
  const messages = ready.map(({ message }) => message);
  const outcomes = await sendMessages(messages, { ...deployment, onOutcome: bar.tick });
  bar.end();
  const sent: Sent[] = [];
  ready.forEach(({ item: { where }, ...job }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'sent') sent.push({ where, ...job.handleOf(outcome.messageId) });
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

const stateOf = ({ record, refusal }: Watched): string =>
  refusal?.code ?? record?.status ?? 'QUEUED';

/** What a person may not expect: the id belongs to another job, or options had no effect. */
const remarkOn = (job: Sent, { record, refusal }: Watched): readonly string[] => {
  if (refusal) return [`${refusal.code}: ${refusal.message}`];
  const dropped = record ? droppedOf(job, record) : [];
  return dropped.length > 0 ? [droppedText(job.id, dropped)] : [];
};

/** Waits for the jobs that were sent, and counts how they ended. */
const awaitEnd = async (
  { sent }: SendReport,
  deployment: Deployment,
  options: SendCommandOptions,
): Promise<ExitCode> => {
  const timeoutMs = (options.wait ?? 0) * 1_000;
  const seen = await watchHandles(deployment, { jobs: sent, timeoutMs });
  sent.forEach((job, index) => {
    for (const remark of remarkOn(job, seen[index] ?? {}))
      note(`${paint('yellow', job.where)}  ${plain(remark)}`);
  });
  const counts = [...Map.groupBy(seen.map(stateOf), (state) => state)].map(
    ([state, of]) => `${of.length} ${state}`,
  );
  note(`${sent.length} jobs: ${counts.sort().join(', ')}`);
  if (seen.some(({ refusal }) => refusal)) return EXIT.refused;
  return exitOfStates(seen.map(({ record }) => record?.status));
};

/**
 * Sends the jobs of a file. Exits with 4 when an item was refused or a job failed, with 5 when a
 * job has not ended in time.
 *
 * @throws CliError when the file cannot be read
 */
export const send = async (file: string, options: SendCommandOptions): Promise<ExitCode> => {
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
