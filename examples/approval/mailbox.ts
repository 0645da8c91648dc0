/** Stands in for a mail service: prints each mail that is posted. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const { PORT: port = '8096' } = process.env;

createServer((request, response) => {
  void text(request).then((mail) => {
    console.log(mail);
    response.end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`));
