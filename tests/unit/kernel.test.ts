import { describe, expect, it } from 'vitest';
import { AssertionError, assert } from '#shared/kernel/assert.ts';
import { boundedBytes } from '#shared/kernel/boundedBytes.ts';
import { EnvError, list, positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { NAME_PATTERN, NAME_RULE, nameFault } from '#shared/kernel/names.ts';
import { sameSecret } from '#shared/kernel/sameSecret.ts';

describe('readEnv', () => {
  const contract = {
    table: ['TABLE', text],
    seconds: ['SECONDS', positiveInteger],
    nets: ['NETS', list],
  } as const;

  it('reads each variable by its contract', () => {
    expect(readEnv(contract, { TABLE: 't', SECONDS: '60', NETS: 'a, b,' })).toEqual({
      table: 't',
      seconds: 60,
      nets: ['a', 'b'],
    });
  });

  it('fails with all that is wrong at once', () => {
    expect(() => readEnv(contract, { SECONDS: '0' })).toThrow(EnvError);
    expect(() => readEnv(contract, { SECONDS: '0' })).toThrow(/TABLE is missing; SECONDS must be/);
  });
});

it('assert throws what it says', () => {
  expect(() => assert(false, 'a lease is held')).toThrow(AssertionError);
  expect(() => assert(true, 'fine')).not.toThrow();
});

describe('nameFault', () => {
  it.each(['a', 'Grüße an #1', 'a b', '订单:42', '🚚', '\u{10ffff}', '\ufffd'])(
    'lets %j be',
    (name) => {
      expect(nameFault(name)).toBeUndefined();
      // A JSON Schema's reader may read the pattern by code points.
      expect(new RegExp(NAME_PATTERN.source, 'u').test(name)).toBe(true);
    },
  );

  it.each([
    ...['a\nb', 'a\r', '\0', '\t', '\u007f', '\u0085', '\u009b', 'a\u2028b', '\u2029'],
    ...['\ud83d', '\ude00x', '\ude00\ud83d', '\ufffe', 'a\uffff'],
  ])('refuses %j', (name) => {
    expect(nameFault(name)).toBe(NAME_RULE);
    expect(new RegExp(NAME_PATTERN.source, 'u').test(name)).toBe(false);
  });

  it('refuses the empty one', () => expect(nameFault('')).toBe('must not be empty'));
});

describe('boundedBytes', () => {
  const sent = (): { pieces: AsyncIterable<Buffer>; read: string[] } => {
    const read: string[] = [];
    const pieces = async function* () {
      for (const piece of ['one', 'two', 'ü']) {
        read.push(piece);
        yield Buffer.from(piece);
      }
    };
    return { pieces: pieces(), read };
  };

  it.each([8, 9])('gives eight bytes, of which %i may come', async (bytesMax) => {
    expect((await boundedBytes(sent().pieces, bytesMax))?.toString()).toBe('onetwoü');
  });

  it('gives nothing of too many, and reads no further', async () => {
    const { pieces, read } = sent();
    expect(await boundedBytes(pieces, 5)).toBeUndefined();
    expect(read).toEqual(['one', 'two']);
    expect(await boundedBytes(sent().pieces, 7)).toBeUndefined();
  });

  it('gives no bytes where none come', async () => {
    const none = async function* (): AsyncGenerator<Buffer> {};
    expect(await boundedBytes(none(), 0)).toEqual(Buffer.alloc(0));
  });
});

describe('sameSecret', () => {
  it.each<[string | Uint8Array, string | Uint8Array]>([
    ['', ''],
    ['Bearer grüße', 'Bearer grüße'],
    ['whsec', Buffer.from('whsec')],
    [new Uint8Array(), ''],
  ])('is one of %j and %j', (given, expected) => {
    expect(sameSecret(given, expected)).toBe(true);
  });

  it.each<[string | Uint8Array, string | Uint8Array]>([
    ['', 'secret'],
    ['secret', ''],
    ['secret', 'secre'],
    ['secret', 'secrets'],
    ['secret', 'Secret'],
    // As many characters, and other bytes.
    ['gruß', 'grus'],
    [Buffer.alloc(32), Buffer.alloc(31)],
  ])('is two of %j and %j', (given, expected) => {
    expect(sameSecret(given, expected)).toBe(false);
  });
});
