/** `callbacks`: deliveries that failed, the delivery log, replay, and the signing secret. */
import { createAnnouncements } from '#shared/jobs/sqs/announcements.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, plain, time } from '../print.ts';
import { looking, type Session, type SessionOptions, withDeployment } from '../session.ts';

const LISTED_MAX = 1_000;

/** Lists the callbacks that were given up, at most 1,000. */
export const listFailed = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ deliveries }) => {
    const ids = await deliveries.failed(LISTED_MAX);
    const states = (await Promise.all(ids.map((id) => deliveries.get(id)))).flatMap(
      (each) => each ?? [],
    );
    if (options.json) json(states);
    else if (states.length === 0) note('No callback was given up.');
    else
      out(
        columns([
          ['JOB', 'URL', 'TRIES', 'LAST'],
          ...states.map(({ id, url, count, tries }) => [
            plain(id),
            plain(url),
            String(count),
            plain(tries.at(-1)?.detail ?? ''),
          ]),
        ]),
      );
    return EXIT.ok;
  });

/**
 * Shows the delivery log of a job's callback. Exits with 4 when the callback was given up.
 *
 * @throws CliError when the job's callback was never tried
 */
export const showDelivery = (id: string, options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ deliveries }) => {
    const found = await deliveries.get(id);
    if (!found) throw new CliError(`No callback of job ${plain(id)} was tried.`, EXIT.notFound);
    if (options.json) json(found);
    else {
      const next = found.nextAt === undefined ? '' : `, again ${time(found.nextAt)}`;
      out(`${paint('bold', found.state)} ${plain(found.url)}, ${found.count} tries${next}`);
      out(
        columns(
          found.tries.map(({ at, state, detail, tookMs }) => [
            time(at),
            state,
            `${tookMs} ms`,
            plain(detail),
          ]),
        ),
      );
    }
    return found.state === 'FAILED' ? EXIT.refused : EXIT.ok;
  });

export interface ReplayOptions extends SessionOptions {
  readonly failed?: boolean;
}

/** Queues the callbacks of jobs again; the ids of those that have one. */
export const replayed = async (
  ids: readonly string[],
  { store, sqs, resultsUrl }: Pick<Session, 'store' | 'sqs' | 'resultsUrl'>,
): Promise<readonly string[]> => {
  const records = (await Promise.all(ids.map((id) => store.get(id)))).flatMap((each) => each ?? []);
  const able = records.filter(({ callback }) => callback !== undefined);
  await createAnnouncements(sqs, resultsUrl, systemIds.next()).announce(able);
  return able.map(({ id }) => id);
};

/**
 * Queues callbacks again. Exits with 4 when a job has no callback or no record.
 *
 * @throws CliError without ids and without `failed`
 */
export const replay = (ids: readonly string[], options: ReplayOptions): Promise<ExitCode> => {
  if (ids.length === 0 && !options.failed)
    throw new CliError('Say which: job ids, or --failed for all that were given up.', EXIT.usage);
  return withDeployment(options, async ({ deliveries, store, sqs, resultsUrl }) => {
    const wanted = options.failed ? await deliveries.failed(LISTED_MAX) : ids;
    const able = await replayed(wanted, { store, sqs, resultsUrl });
    if (options.json) json({ replayed: able });
    else note(`${able.length} of ${wanted.length} callbacks are queued again`);
    return able.length === wanted.length ? EXIT.ok : EXIT.refused;
  });
};

export interface SecretOptions extends SessionOptions {
  readonly rotate?: boolean;
}

const tellSecret = (
  of: string,
  { rotate }: SecretOptions,
  current = '',
  previous?: string,
): void => {
  out(current);
  const minutes = LIMITS.secretFreshMs / 60_000;
  if (rotate)
    note(
      `New ${of} carry it within ${minutes} minutes: let receivers accept both, and this one alone before the next rotation.`,
    );
  if (previous) note(`${of} also carry a signature by the one before: ${previous}`);
};

/**
 * Prints a signing secret; with `rotate`, makes a new one first.
 *
 * @param of what the secret signs
 */
export const secret = (
  of: 'callbacks' | 'calls to hosts',
  options: SecretOptions,
): Promise<ExitCode> =>
  (options.rotate ? withDeployment : looking)(options, async ({ secrets, hostSecrets }) => {
    const chosen = of === 'callbacks' ? secrets : hostSecrets;
    if (options.rotate) await chosen.rotate();
    const [current, previous] = await chosen.callback();
    if (options.json) json({ current, previous });
    else tellSecret(of, options, current, previous);
    return EXIT.ok;
  });
