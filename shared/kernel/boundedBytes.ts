/** Bytes that come in pieces from somebody who may never end: no more are kept than a bound allows. */

/** All bytes, in one; undefined when there are more than `bytesMax`: the rest is not read then. */
export const boundedBytes = async (
  chunks: AsyncIterable<Buffer>,
  bytesMax: number,
): Promise<Buffer | undefined> => {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    kept.push(chunk);
  }
  return Buffer.concat(kept);
};
