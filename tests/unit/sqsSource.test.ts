import { describe, expect, it } from 'vitest';
import { succeeded } from '#emulator/triggers/sqsSource.ts';

const ids = ['a', 'b', 'c'];
const value = (answer: unknown) => succeeded(ids, { ok: true, value: answer }, true);
const failures = (...items: unknown[]) =>
  value({ batchItemFailures: items.map((itemIdentifier) => ({ itemIdentifier })) });

describe('the answer to a batch, as AWS reads it', () => {
  it.each([null, undefined, {}, { batchItemFailures: [] }, { batchItemFailures: null }])(
    '%j means that all succeeded',
    (answer) => expect(value(answer)).toEqual(ids),
  );

  it('names the failed', () => expect(failures('b')).toEqual(['a', 'c']));

  it.each([
    ['an unknown id', ['z']],
    ['an empty id', ['']],
    ['no id', [undefined]],
  ])('fails whole for %s', (_what, items) => expect(failures(...items)).toEqual([]));

  it('fails whole when it is malformed or thrown', () => {
    expect(value({ batchItemFailures: 'all' })).toEqual([]);
    const error = { errorType: 'Error', errorMessage: 'x' };
    expect(succeeded(ids, { ok: false, error }, true)).toEqual([]);
  });

  it('is not read at all when the mapping does not report failures', () => {
    expect(
      succeeded(ids, { ok: true, value: { batchItemFailures: [{ itemIdentifier: 'a' }] } }, false),
    ).toEqual(ids);
  });
});
