import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { SIGNATURE_HEADER, verifySignature } from 'sheratan';

const { SECRET: secret = '', PORT: port = '8090' } = process.env;
/** A post may come twice. A real receiver keeps these where they outlive it. */
const seen = new Set<string>();

/** The status that answers a post. */
const receive = (header: string | string[] | undefined, body: string): number => {
  const { id, generation, status, result, error } = JSON.parse(body);
  if (!verifySignature(header, { secret, id, body }, Date.now())) return 401;
  if (!seen.has(`${id}:${generation}`)) console.log(status, id, result ?? error);
  seen.add(`${id}:${generation}`);
  return 204;
};

createServer((request, response) => {
  text(request)
    .then((body) => response.writeHead(receive(request.headers[SIGNATURE_HEADER], body)).end())
    .catch(() => response.writeHead(400).end());
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`));
