import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { defineJob, definitionsIn } from '#shared/jobs/kinds/defineJob.ts';

const kind = (name: string) => defineJob({ kind: name, payload: v.any(), run: async () => name });

describe('the kinds that a module exports', () => {
  it('are all of them, by whatever name, in lists too', () => {
    const [one, two, three] = [kind('one'), kind('two'), kind('three')];
    const found = definitionsIn({
      default: [one, two],
      three,
      helper: () => 5,
      LIMIT: 3,
      none: null,
    });
    expect(found.map(({ kind: name }) => name)).toEqual(['one', 'two', 'three']);
  });

  it('are each there once, however often a module exports them', () => {
    const one = kind('one');
    expect(definitionsIn({ default: one, one, all: [one] })).toEqual([one]);
  });
});
