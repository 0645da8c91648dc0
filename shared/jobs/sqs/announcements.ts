/** Ends of jobs on their way to `results.fifo`, and back out of it. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { sendAll } from '#shared/aws/sendAll.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import type { Announcement } from '../callbacks/deliver.ts';
import type { Announcements } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

/** Ends that the queue did not take: announcing all of them again does no harm. */
class AnnouncementsRefusedError extends Error {
  override readonly name = 'AnnouncementsRefusedError';
  readonly code = 'ANNOUNCEMENTS_REFUSED';
}

/** Each job has its own group: an endpoint that is down holds up nobody else's. */
const entryOf = (record: JobRecord, occasion: string) => {
  const { id, generation = 0 } = record;
  const announcement: Announcement = { id, generation };
  return {
    MessageBody: asciiJson(announcement),
    MessageGroupId: sha256(id),
    MessageDeduplicationId: sha256(`${id}\n${generation}\n${occasion}`),
  };
};

/** @param occasion tells a replay from the first announcement */
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

/** The mesh is the queue's only sender, so its messages are what {@link createAnnouncements} wrote. */
export const announcementOf = (record: SQSRecord): Announcement =>
  JSON.parse(record.body) as Announcement;
