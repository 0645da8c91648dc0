/** Listens with the shortest queue; whoever stops it has a host that drops what tries to connect. */
import { createServer } from 'node:net';

const server = createServer((socket) => socket.destroy());
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.send?.(server.address()));
process.once('disconnect', () => process.exit());
