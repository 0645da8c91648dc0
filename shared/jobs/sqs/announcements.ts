/** Announcements of ended jobs, into `results.fifo` and out of it. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import type { Announcement } from '../callbacks/deliver.ts';
import type { Announcements } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

/** The queue did not take all announcements. To announce all of them again does no harm. */
class AnnouncementsRefusedError extends Error {
  override readonly name = 'AnnouncementsRefusedError';
  readonly code = 'ANNOUNCEMENTS_REFUSED';
}

/** Each job has a group of its own, so that one dead endpoint does not delay other callbacks. */
const entryOf = (record: JobRecord, occasion: string) => {
  const { id, generation = 0 } = record;
  const announcement: Announcement = { id, generation };
  return {
    MessageBody: asciiJson(announcement),
    MessageGroupId: sha256(id),
    MessageDeduplicationId: sha256(`${id}\n${generation}\n${occasion}`),
  };
};

/**
 * Announcements on a queue. `announce` rejects with ANNOUNCEMENTS_REFUSED when the queue does not
 * take all of them.
 * @param occasion tells a replay from the first announcement
 */
export const createAnnouncements = (
  sqs: SQSClient,
  queueUrl: string,
  occasion = 'ended',
): Announcements => ({
  announce: async (ended) => {
    await sendAll(
      sqs,
      queueUrl,
      ended.map((record) => entryOf(record, occasion)),
      (what) => new AnnouncementsRefusedError(`the results queue refused ${what}`),
    );
  },
});

/** Reads an announcement. Unchecked: only {@link createAnnouncements} sends to this queue. */
export const announcementOf = (record: SQSRecord): Announcement =>
  JSON.parse(record.body) as Announcement;
