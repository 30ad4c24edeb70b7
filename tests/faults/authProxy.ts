import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AuthProxy {
  /** `127.0.0.1:port` */
  host: string;
  /** From now on calls of this method are answered with 500, or none are. */
  refuse(method: string | undefined): void;
  close(): Promise<void>;
}

/** Stands in front of the Auth emulator, and can refuse one of its methods, as `accounts:update`, while the others work. */
export async function openAuthProxy(target: string): Promise<AuthProxy> {
  const [host = '', port] = target.split(':');
  let refused: string | undefined;
  const server = http.createServer((req, res) => {
    if (refused !== undefined && req.url?.includes(refused)) {
      res.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"code":500,"message":"INTERNAL"}}');
      return;
    }
    const { method = 'GET', url, headers } = req;
    const forwarded = http.request({ host, port, method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    forwarded.on('error', () => res.destroy());
    req.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse(method) {
      refused = method;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
