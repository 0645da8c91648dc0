/** Cheap hashes for spreading things evenly; nothing that must be kept or kept secret. */

/** FNV-1a, 32 bits. */
export const hash32 = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
};

/** Two hashes as one number in [0, 1) that tells of neither alone (the finalizer of MurmurHash3). */
export const mixed = (a: number, b: number): number => {
  let value = a ^ b;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32;
};
