import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '#shared/kernel/json.ts';
import { judge, newChain, repeatHash } from '#shared/legacy/chains/guards.ts';
import { followUpsIn } from '#shared/legacy/chains/lcp.ts';
import { resolveParams } from '#shared/legacy/chains/params.ts';
import { resolveTemplates } from '#shared/legacy/chains/templates.ts';

interface Vectors {
  readonly chain_repeat_hash: readonly {
    readonly kind: string;
    readonly params: Record<string, unknown>;
    readonly hash: string;
  }[];
  readonly template: readonly {
    readonly template: string;
    readonly strict: boolean;
    readonly value?: Json;
    readonly error?: string;
  }[];
  readonly template_context: Record<string, Json>;
}

/** Computed by the original's own functions. */
const vectors = JSON.parse(readFileSync('tests/fixtures/legacy/templates.json', 'utf8')) as Vectors;
const context = new Map(Object.entries(vectors.template_context));
const strict = vectors.template.filter(({ strict: isStrict }) => isStrict);

describe('templates', () => {
  it.each(strict.filter(({ error }) => error === undefined))(
    '$template is what the original made of it',
    ({ template, value }) => {
      expect(resolveTemplates(template, context)).toEqual(value);
    },
  );

  it.each(strict.filter(({ error }) => error !== undefined))(
    '$template is an error, in the words of the original: $error',
    ({ template, error }) => {
      expect(() => resolveTemplates(template, context)).toThrow(error);
    },
  );

  it('are found wherever they stand', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the original's templates look like this
    const params = { list: [{ path: 'core/${scan.files[1]}' }], n: 7 };
    expect(resolveParams(params, context)).toEqual({ list: [{ path: 'core/b.py' }], n: 7 });
  });

  it('wire whole results and artifacts into params', () => {
    expect(resolveParams({ paths_from_artifact: 'file_list' }, context)).toEqual({ paths: ['x'] });
    expect(resolveParams({ input_from: 'scan' }, context)).toMatchObject({
      input_from: { content: 'C' },
    });
    const wiring = {
      job_id: 'scan',
      json_path: 'files',
      transform: { op: 'filter_suffix', suffixes: ['b.py'] },
    };
    expect(resolveParams({ inputs_from_job_result: wiring }, context)).toEqual({ input: ['b.py'] });
  });
});

describe('follow-up jobs', () => {
  it('come in both forms; a final answer has none', () => {
    const job = { kind: 'read_file', params: { path: 'a' } };
    const expected = [{ kind: 'read_file', name: undefined, params: { path: 'a' } }];
    expect(followUpsIn({ lcp_version: '1', type: 'followup_jobs', jobs: [job] })).toEqual(expected);
    expect(followUpsIn({ action: 'create_followup_jobs', new_jobs: [job] })).toEqual(expected);
    for (const other of [
      { lcp_version: '1', type: 'final_answer', answer: 'x' },
      { action: 'analysis_result' },
      null,
      'text',
    ])
      expect(followUpsIn(other)).toEqual([]);
  });

  it('keep their names', () => {
    const jobs = [{ kind: 'walk_tree', name: 'scan', params: {} }];
    expect(followUpsIn({ lcp_version: '1', type: 'followup_jobs', jobs })[0]?.name).toBe('scan');
  });

  it.each(vectors.chain_repeat_hash)(
    'are the same by the hash of $kind',
    ({ kind, params, hash }) => {
      expect(repeatHash({ kind, params })).toBe(hash);
    },
  );
});

const followUp = (n: number) => ({ kind: 'echo', name: undefined, params: { n } });

describe('the guards of a chain', () => {
  it('refuse what is too deep, too late, repeated, or none', () => {
    const chain = newChain('c', 0);
    const verdicts = (jobs: Parameters<typeof judge>[2], depth = 1, now = 0) =>
      judge(chain, 'p', jobs, depth, now).decisions['p'];
    expect(verdicts([followUp(1), followUp(1)])).toEqual(['accepted', 'repeat_detected']);
    expect(verdicts([followUp(1)], 6)).toEqual(['max_depth_reached']);
    expect(verdicts([followUp(1)], 1, 300_001)).toEqual(['timeout_exceeded']);
    expect(verdicts([{ ...followUp(1), kind: '' }])).toEqual(['invalid_job_spec']);
  });

  it('let no chain have more than 25 jobs, and say the same when asked again', () => {
    const asks = fc.array(fc.tuple(fc.nat(20), fc.array(fc.nat(200), { maxLength: 12 })));
    fc.assert(
      fc.property(asks, (history) => {
        let chain = newChain('c', 0);
        for (const [parent, jobs] of history) {
          const before = chain.decisions[`p${parent}`];
          chain = judge(chain, `p${parent}`, jobs.map(followUp), 1, 0);
          if (before) expect(chain.decisions[`p${parent}`]).toBe(before);
        }
        const verdicts = Object.values(chain.decisions).flat();
        expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(chain.jobs);
        expect(chain.jobs).toBeLessThanOrEqual(25);
      }),
    );
  });
});
