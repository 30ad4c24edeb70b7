import { createServer, type Server } from 'node:net';

/** A port that was free a moment ago. For programs that must be told their port; ours listen on 0 instead. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenAt(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether nobody listens at the port, on any of this machine's addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await listenAt(server, port, '::');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT' || (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** Listens and tells the port. @throws when it is taken */
export function listenAt(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
