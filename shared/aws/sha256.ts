/**
 * SHA-256 for signatures of the SDK. The SDK signs with the same few keys all the time, as bytes or
 * as text, and Node takes three times as long to read such a key as to sign. Here each key is read
 * once.
 */
import {
  createHash,
  createHmac,
  createSecretKey,
  type Hash,
  type Hmac,
  type KeyObject,
} from 'node:crypto';
import type { SignatureV4Init } from '@smithy/signature-v4';

type Sha256Constructor = NonNullable<SignatureV4Init['sha256']>;
type Secret = ConstructorParameters<Sha256Constructor>[0];

/** Of texts: credentials change a few times a day, and each has two. */
const KEPT = 16;
const ofText = new Map<string, KeyObject>();
const ofBytes = new WeakMap<object, KeyObject>();

const textKey = (secret: string): KeyObject => {
  const known = ofText.get(secret);
  if (known) return known;
  const key = createSecretKey(secret, 'utf8');
  if (ofText.size >= KEPT) ofText.clear();
  ofText.set(secret, key);
  return key;
};

const bytesKey = (secret: ArrayBuffer | ArrayBufferView): KeyObject => {
  const bytes = ArrayBuffer.isView(secret) ? secret : new Uint8Array(secret);
  const key = ofBytes.get(secret) ?? createSecretKey(bytes as NodeJS.ArrayBufferView);
  ofBytes.set(secret, key);
  return key;
};

/** Bytes that are given as a key must not change afterwards. */
export const Sha256: Sha256Constructor = class {
  readonly #secret: Secret;
  #hash: Hash | Hmac;

  constructor(secret?: Secret) {
    this.#secret = secret;
    this.#hash = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    const secret = this.#secret;
    if (secret === undefined) return createHash('sha256');
    return createHmac('sha256', typeof secret === 'string' ? textKey(secret) : bytesKey(secret));
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#fresh();
  }
};
