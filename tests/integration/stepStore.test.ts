/** Whoever is first has decided, in any interleaving of two runs, signals and timeouts. */
import fc from 'fast-check';
import { beforeAll, expect, inject, it } from 'vitest';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import type { SignalStore } from '#shared/jobs/ports/signals.ts';
import type { StepStore } from '#shared/jobs/steps/kept.ts';
import { createJobsTable } from '../support/table.ts';

let steps: StepStore;
let signals: SignalStore;
beforeAll(async () => {
  const jobs = await createJobsTable(inject('dynamoEndpoint'));
  steps = createStepStore(jobs);
  signals = createSignalStore(jobs, createJobStore(jobs));
});

const NAMES = ['a', 'b'] as const;
const command = fc.oneof(
  fc.record({
    kind: fc.constant('keep' as const),
    name: fc.constantFrom(...NAMES),
    run: fc.nat(9),
  }),
  fc.record({
    kind: fc.constant('signal' as const),
    name: fc.constantFrom(...NAMES),
    id: fc.constantFrom('x', 'y'),
  }),
  fc.record({ kind: fc.constant('timeout' as const), name: fc.constantFrom(...NAMES) }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;
const AT = 1_800_000_000_000;

/** What a command was told to be the outcome, as one text for each name. */
const carryOut = async (id: string, each: Command): Promise<string> => {
  const owner = { id, messageId: 'm', generation: 0, since: AT - 1, expiresAt: AT / 1_000 };
  if (each.kind === 'keep') {
    const own = { name: each.name, op: 'step', at: AT, tookMs: 0, tries: 1 } as const;
    const { result } = await steps.keep(owner, { ...own, result: String(each.run) });
    return `step ${each.name} = ${result}`;
  }
  if (each.kind === 'timeout') {
    const end = await steps.timeOut(owner, each.name, AT);
    return `wait ${each.name} = ${end.kind === 'signal' ? end.signal.id : 'timeout'}`;
  }
  const sent = { name: each.name, id: each.id, data: '1', at: AT, by: 'test' };
  const outcome = await signals.send(id, sent);
  if (outcome.kind !== 'taken') return `wait ${each.name} = ${each.id}`;
  const { first } = outcome;
  return `wait ${each.name} = ${first.kind === 'signal' ? first.signal.id : 'timeout'}`;
};

it('all are told one outcome, and a later run reads it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(command, { maxLength: 4 }), { maxLength: 6 }),
      async (all) => {
        serial += 1;
        const id = `job ${serial}`;
        const told = new Set<string>();
        for (const together of all)
          for (const outcome of await Promise.all(together.map((each) => carryOut(id, each))))
            told.add(outcome);
        const about = [...told].map((outcome) => outcome.split(' = ')[0]);
        expect(new Set(about).size, [...told].join(', ')).toBe(told.size);
        const owner = { id, messageId: 'm', generation: 0, since: AT - 1, expiresAt: AT / 1_000 };
        const kept = await steps.read(owner);
        const read = [
          ...kept.steps.map(({ name, result }) => `step ${name} = ${result}`),
          ...kept.arrivals.map((end) =>
            end.kind === 'signal'
              ? `wait ${end.signal.name} = ${end.signal.id}`
              : `wait ${end.name} = timeout`,
          ),
        ];
        expect(read.toSorted()).toEqual([...told].toSorted());
      },
    ),
    { numRuns: 60 },
  );
});
