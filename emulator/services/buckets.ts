/** Creates the template's buckets. What S3 would tell others of objects is refused by name. */
import type { FauxqsServer } from 'fauxqs';
import { LocalCloudError } from '../errors.ts';
import type { LocalResource } from '../template/properties.ts';

/**
 * Creates the buckets.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for notifications: nothing here sends them, and a
 *   bucket that is silent would look as if nothing happened in it
 */
export const createBuckets = (server: FauxqsServer, buckets: readonly LocalResource[]): void => {
  for (const { id, ref, properties } of buckets) {
    if (properties['NotificationConfiguration'] !== undefined)
      throw new LocalCloudError(
        'UNSUPPORTED_PROPERTY',
        `Bucket ${id}: NotificationConfiguration is not supported here`,
      );
    server.createBucket(ref);
  }
};
