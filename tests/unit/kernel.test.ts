import { describe, expect, it } from 'vitest';
import { AssertionError, assert } from '#shared/kernel/assert.ts';
import { EnvError, list, positiveInteger, readEnv, text } from '#shared/kernel/env.ts';

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
