import { defineJob, type JobContext, PermanentError, StepError } from 'sheratan';
import * as v from 'valibot';

const toolCall = v.object({
  id: v.string(),
  function: v.object({ name: v.string(), arguments: v.string() }),
});
/** A message as an API of chat completions returns it. */
const message = v.object({
  role: v.literal('assistant'),
  content: v.nullish(v.string()),
  tool_calls: v.optional(v.array(toolCall), []),
});
const completion = v.object({ choices: v.tuple([v.object({ message })]) });

type ToolCall = v.InferOutput<typeof toolCall>;
type Message = v.InferOutput<typeof message>;

/** Kinds that the model may call, and whether a person has to agree first. */
const TOOLS: Readonly<Record<string, { readonly asks: boolean }>> = {
  list_files: { asks: false },
  read_file: { asks: false },
  write_file: { asks: true },
};
const TURNS_MAX = 10;
const ANSWER_BYTES_MAX = 262_144;

const think = async (
  { http }: JobContext,
  url: string,
  messages: readonly object[],
  signal: AbortSignal,
): Promise<Message> => {
  const { status, body } = await http.request({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'stub', messages }),
    limitBytes: ANSWER_BYTES_MAX,
    signal,
  });
  if (status !== 200) throw new Error(`the model answered ${status}`);
  return v.parse(completion, JSON.parse(body)).choices[0].message;
};

/** Runs a tool as a job of its own, paid from the budget of the agent; says what came of it. */
const use = async (
  { call, waitFor }: JobContext,
  { id, function: { name, arguments: given } }: ToolCall,
  price: number | undefined,
): Promise<string> => {
  const tool = TOOLS[name];
  if (!tool) return `there is no tool ${name}`;
  if (tool.asks) {
    const asked = waitFor<{ by: string }>(`approve ${id}`, { timeout: { days: 3 } });
    const isAllowed = await asked.then(
      () => true,
      () => false,
    );
    if (!isAllowed) return 'nobody agreed';
  }
  const envelope = price === undefined ? {} : { cost: { from: 'parent' as const, amount: price } };
  try {
    return JSON.stringify(await call(name, JSON.parse(given), { name: `tool ${id}`, envelope }));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (error.code === 'BUDGET_EXCEEDED') throw new PermanentError('the budget is used up');
    return `it failed: ${error.message}`;
  }
};

/** A loop of a model and its tools, under the name and with the payload of the original system. */
export const agent = defineJob({
  kind: 'agent_plan',
  payload: v.looseObject({
    params: v.looseObject({ user_prompt: v.string() }),
    model: v.optional(v.string(), 'http://127.0.0.1:8091/v1/chat/completions'),
    /** What each use of a tool costs, from the budget of the agent. */
    toolPrice: v.optional(v.number()),
  }),
  run: async ({ params, model, toolPrice }, context) => {
    const messages: object[] = [{ role: 'user', content: params.user_prompt }];
    for (let turn = 1; turn <= TURNS_MAX; turn += 1) {
      const answer = await context.step(`think ${turn}`, ({ signal }) =>
        think(context, model, messages, signal),
      );
      messages.push(answer);
      if (answer.tool_calls.length === 0) return { answer: answer.content ?? '', turns: turn };
      const results = await context.all(answer.tool_calls, async (tool) => ({
        role: 'tool',
        tool_call_id: tool.id,
        content: await use(context, tool, toolPrice),
      }));
      messages.push(...results);
    }
    throw new PermanentError(`no answer after ${TURNS_MAX} turns`);
  },
});
