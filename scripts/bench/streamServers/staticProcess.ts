/** The least that a server of one file on Node can be: no checks, no errors, one range. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { servePart } from '../../local/processes/part.ts';
import { listenAt } from '../../local/processes/port.ts';

servePart<{ file: string }, { port: number }>(async ({ file }) => {
  const { size } = statSync(file);
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = first === undefined ? [0, size - 1] : [Number(first), Number(last)];
    response.writeHead(first === undefined ? 200 : 206, {
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${size}`,
    });
    createReadStream(file, { start, end }).pipe(response);
  });
  const port = await listenAt(server, 0);
  return {
    ready: { port },
    close: () => {
      server.closeAllConnections();
      server.close();
      return Promise.resolve();
    },
  };
});
