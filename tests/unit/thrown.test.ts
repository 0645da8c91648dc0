import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownText, toldOf } from '#shared/kernel/thrown.ts';

const MAX = { code: 128, message: 1_000, stack: 2_000 };
const told = (thrown: unknown) => {
  const { code, message } = toldOf(thrown);
  return [code, message];
};

class NoName extends Error {}
const named = (name: unknown, message: unknown, more: object = {}): Error =>
  Object.assign(new Error('x'), { name, message, ...more });

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const getters = Object.defineProperties(new Error('x'), {
  ...Object.fromEntries(
    ['message', 'code', 'name', 'stack', 'cause', 'errors', 'constructor'].map((key) => [
      key,
      {
        get: () => {
          throw new Error(`no ${key}`);
        },
      },
    ]),
  ),
});
const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
const loop = new Error('loop');
loop.cause = loop;

describe('what was thrown', () => {
  it.each<[string, unknown, string, string]>([
    ['undefined', undefined, 'THROWN', 'undefined was thrown'],
    ['null', null, 'THROWN', 'null was thrown'],
    ['a number', 7, 'THROWN', '7 was thrown'],
    ['a bigint', 7n, 'THROWN', '7 was thrown'],
    ['a symbol', Symbol('s'), 'THROWN', 'Symbol(s) was thrown'],
    ['a function', () => 1, 'THROWN', 'a function was thrown'],
    ['a string', 'oops', 'THROWN', 'oops'],
    ['an empty string', '', 'THROWN', 'an empty text was thrown'],
    ['an error', new Error('boom'), 'Error', 'boom'],
    ['an error without words', new Error(), 'Error', 'no message'],
    ['a class', new TypeError('bad'), 'TypeError', 'bad'],
    ['a class without a name', new NoName('bad'), 'NoName', 'bad'],
    ['an error whose name is gone', named(undefined, 'bad'), 'Error', 'bad'],
    ['an error whose name is no text', named({}, 'bad'), 'Error', 'bad'],
    ['an error with a code', named('HttpError', 'bad', { code: 'E_X' }), 'E_X', 'HttpError: bad'],
    ['an error with a number', Object.assign(new Error('bad'), { code: 404 }), '404', 'bad'],
    ['an abort', new DOMException('gone', 'AbortError'), 'AbortError', 'gone'],
    ['a message that is an object', named('Error', { a: 1n }), 'Error', '{"a":"1"}'],
    ['a message that is a number', named('Error', 7), 'Error', '7'],
    ['a code and a message', { code: 'E', message: 'bad' }, 'E', 'bad'],
    ['an object', { a: 1 }, 'THROWN', '{"a":1}'],
    ['a list', [1, 'b'], 'Array', '[1,"b"]'],
    ['nothing at all', Object.create(null), 'THROWN', '{}'],
    ['a circle', cyclic, 'THROWN', 'an object that cannot be written as JSON (self)'],
    ['a revoked proxy', revoked(), 'THROWN', 'an object that cannot be written as JSON (no keys)'],
    ['getters that throw', getters, 'Error', 'no message'],
    [
      'causes',
      new TypeError('fetch failed', { cause: named('Error', 'refused', { cause: 'no route' }) }),
      'TypeError',
      'fetch failed; caused by Error: refused; caused by no route',
    ],
    [
      'an aggregate',
      new AggregateError([new Error('a'), new TypeError('b'), 'c'], 'all failed'),
      'AggregateError',
      'all failed; 3 errors: [1] Error: a, [2] TypeError: b, [3] c',
    ],
    [
      'an aggregate without words, with more than can be told',
      new AggregateError(Array.from({ length: 9 }, (_, n) => n)),
      'AggregateError',
      'no message; 9 errors: [1] 0, [2] 1, [3] 2, [4] 3, [5] 4, and 4 more',
    ],
  ])('%s', (_what, thrown, code, message) => {
    expect(told(thrown)).toEqual([code, message]);
  });

  it('ends, also when a cause is its own', () => {
    expect(told(loop)[1]).toMatch(/^loop(; caused by Error: loop){4}$/);
  });

  it('is short and whole, however long it was', () => {
    const error = new Error('\u{1f600}'.repeat(5_000_000), { cause: new Error('the reason') });
    const { message, stack = '' } = toldOf(error, true, { ...MAX, message: 601 });
    expect(message.length).toBeLessThanOrEqual(601);
    expect(stack.length).toBeLessThanOrEqual(2_000);
    expect([message, stack].every((text) => text.isWellFormed())).toBe(true);
    expect(told(error)[1]).toContain('; caused by Error: the reason');
  });

  it('may be anything: it is told in bounds, and telling throws nothing', () => {
    const thrown = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
      fc.record({ name: fc.anything(), message: fc.anything(), code: fc.anything() }),
      fc.record({ errors: fc.anything(), cause: fc.anything() }).map((f) => named('E', 'm', f)),
    );
    fc.assert(
      fc.property(thrown, (value) => {
        const { code, message } = toldOf(value);
        expect(code).not.toBe('');
        expect(code.length).toBeLessThanOrEqual(MAX.code);
        expect(message).not.toBe('');
        expect(message.length).toBeLessThanOrEqual(MAX.message);
        expect(thrownText(value, 100).length).toBeLessThanOrEqual(100);
      }),
      { numRuns: 1_000, interruptAfterTimeLimit: 2_000 },
    );
  });
});
