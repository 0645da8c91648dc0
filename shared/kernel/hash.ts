/** Cheap hashes that spread things evenly. Not for secrets, and not for values that are stored. */

/** FNV-1a over UTF-16 code units: a whole number from 0 to 2^32 - 1. */
export const hash32 = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
};

/** Mixes two hashes into one number in [0, 1), evenly spread (the finalizer of MurmurHash3). */
export const mixed = (a: number, b: number): number => {
  let value = a ^ b;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
};
