/** Deletes every object of a bucket, a page at a time; repeated, it goes on where it was cut short. */
import { DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

/** S3 lists, and deletes, so many at once. */
const PAGE = 1_000;

/**
 * @param MaxKeys objects a page
 * @returns how many there were
 * @throws Error naming the first object that S3 did not delete, and why
 */
export const emptyBucket = async (
  s3: S3Client,
  Bucket: string,
  MaxKeys = PAGE,
): Promise<number> => {
  let deleted = 0;
  for (;;) {
    // From the start each time: what was listed before is gone.
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys }));
    if (Contents.length === 0) return deleted;
    const Objects = Contents.map(({ Key = '' }) => ({ Key }));
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new Error(`${first.Key} of ${Bucket} was not deleted: ${first.Message}`);
    deleted += Objects.length;
  }
};
