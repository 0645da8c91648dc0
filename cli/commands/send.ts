/** `send`: check what can be checked here, send the rest in batches, report every refusal. */

import { jobIdOf } from '#shared/jobs/envelope.ts';
import { messageOf } from '#shared/jobs/message.ts';
import { sendMessages } from '#shared/jobs/sqs/sender.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { checkBody } from '../check.ts';
import { type Deployment, findDeployment, type TargetOptions } from '../deployment.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { type InputItem, readInput, readLegacy } from '../input.ts';
import { columns, json, note, out, paint, plain, progress } from '../print.ts';

export interface SendOptions extends TargetOptions {
  readonly legacy?: boolean;
  readonly unchecked?: boolean;
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

const split = (items: readonly InputItem[]) => {
  const checked = items.map((item) => ({ item, job: item.fault ?? checkBody(item.body) }));
  const refused = checked.flatMap(({ item, job }): Refused[] =>
    'message' in job ? [{ where: item.where, code: job.code, message: job.message }] : [],
  );
  const ready = checked.flatMap(({ item, job }) => ('message' in job ? [] : [{ item, job }]));
  return { ready, refused };
};

/** Sends checked envelopes; what the queue refuses joins what the check refused. */
export const sendItems = async (
  items: readonly InputItem[],
  deployment: Deployment,
): Promise<SendReport> => {
  const { ready, refused } = split(items);
  const bar = progress('sending', ready.length);
  const messages = ready.map(({ item, job }) => messageOf(job, item.body, systemIds.next()));
  const outcomes = await sendMessages(messages, { ...deployment, onOutcome: bar.tick });
  bar.end();
  const sent: Sent[] = [];
  const refusedByQueue: Refused[] = [];
  ready.forEach(({ item, job }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'sent') {
      const id = jobIdOf(job.envelope, outcome.messageId);
      sent.push({ where: item.where, id, kind: job.envelope.kind });
    } else {
      const { code = 'NOT_SENT', message = 'the queue did not answer for it' } = outcome ?? {};
      refusedByQueue.push({ where: item.where, code, message });
    }
  });
  return { sent, refused: [...refused, ...refusedByQueue] };
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

export const send = async (file: string, options: SendOptions): Promise<ExitCode> => {
  const items = options.legacy ? readLegacy(file) : await readInput(file);
  const deployment = await findDeployment(options);
  try {
    const report = await sendItems(items, deployment);
    if (options.json) json(report);
    else printReport(report);
    return report.refused.length > 0 ? EXIT.refused : EXIT.ok;
  } finally {
    deployment.close();
  }
};
