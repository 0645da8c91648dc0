import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { verifySignature, type WebhookHeaders } from 'sheratan';

const { SECRET: secret = '', PORT: port = '8090' } = process.env;
/** A post may come twice. A real receiver keeps these where they outlive it. */
const seen = new Set<string>();

/** The status that answers a post. */
const receive = (headers: WebhookHeaders, body: string): number => {
  if (!verifySignature(headers, { secret, body }, Date.now())) return 401;
  const { id, status, result, error } = JSON.parse(body);
  const message = String(headers['webhook-id']);
  if (!seen.has(message)) console.log(status, id, result ?? error);
  seen.add(message);
  return 204;
};

createServer((request, response) => {
  text(request)
    .then((body) => response.writeHead(receive(request.headers, body)).end())
    .catch(() => response.writeHead(400).end());
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`));
