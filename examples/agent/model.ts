import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const { PORT: port = '8091' } = process.env;

interface Message {
  readonly role: string;
  readonly content: string;
}

const call = (id: string, name: string, given: object) => ({
  tool_calls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(given) } }],
});

/** What a model would say next: it looks, it writes a note, it answers. */
const TURNS = [
  call('c1', 'list_files', { root: 'core', patterns: ['*.py'] }),
  call('c2', 'write_file', { root: 'core', path: 'PLAN.md', content: 'First the tests.\n' }),
  { content: 'The plan is in PLAN.md.' },
];

const answer = (messages: readonly Message[]): object => {
  const done = messages.filter(({ role }) => role === 'tool').length;
  const message = { role: 'assistant', content: null, ...TURNS[done] };
  return { choices: [{ index: 0, message, finish_reason: 'stop' }] };
};

createServer((request, response) => {
  json(request)
    .then((body) => {
      const { messages } = body as { messages: readonly Message[] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer(messages)));
    })
    .catch(() => response.writeHead(400).end());
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`));
