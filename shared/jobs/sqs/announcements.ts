/** Ends of jobs on their way to `results.fifo`, and back out of it. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { sha256 } from '#shared/kernel/json.ts';
import type { Announcements } from '../ports.ts';
import type { JobRecord } from '../record.ts';
import type { Announcement } from '../report.ts';

const ENTRIES_MAX = 10;

/** Each job has its own group: an endpoint that is down holds up nobody else's. */
const entryOf = (record: JobRecord, index: number, occasion: string) => {
  const { id, generation = 0 } = record;
  const announcement: Announcement = { id, generation };
  return {
    Id: String(index),
    MessageBody: JSON.stringify(announcement),
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
    for (let from = 0; from < ended.length; from += ENTRIES_MAX) {
      const page = ended.slice(from, from + ENTRIES_MAX);
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: page.map((record, index) => entryOf(record, index, occasion)),
        }),
      );
      if (Failed.length > 0) throw new Error(`results queue: ${Failed[0]?.Message ?? 'refused'}`);
    }
  },
});

/** The mesh is the queue's only sender, so its messages are what {@link createAnnouncements} wrote. */
export const announcementOf = (record: SQSRecord): Announcement =>
  JSON.parse(record.body) as Announcement;
