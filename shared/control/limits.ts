/** Limits of a source as JSON text, in the environment and on the command line. */
import * as v from 'valibot';
import { SOURCE_CONCURRENCY_MAX, type SourceLimits } from '#shared/contracts/worker.ts';

const count = (max: number) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max)));
const schema = v.strictObject({
  perMinute: count(1_000_000),
  burst: count(1_000_000),
  concurrency: count(SOURCE_CONCURRENCY_MAX),
});

/** Reads limits from JSON. No text, or an object without fields, means unlimited. Never throws. */
export const limits = (
  raw: string | undefined,
): { readonly fault: string } | { readonly value: SourceLimits | undefined } => {
  try {
    const parsed = v.parse(schema, JSON.parse(raw ?? '{}'));
    return { value: Object.keys(parsed).length > 0 ? (parsed as SourceLimits) : undefined };
  } catch (error) {
    return { fault: `must be JSON such as {"perMinute":60}: ${String(error)}` };
  }
};
