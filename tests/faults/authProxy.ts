import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AuthProxy {
  /** `127.0.0.1:port` */
  host: string;
  /** From now on calls of this method are answered with 500, or none are. */
  refuse(method: string | undefined): void;
  /** Keeps back the next call of this method on its way to Auth, or the answer to it. */
  hold(method: string, what: 'call' | 'answer'): Held;
  close(): Promise<void>;
}

export interface Held {
  /** It is here, and stays. */
  arrived: Promise<void>;
  release(): void;
}

/** Stands in front of the Auth emulator, and can refuse one of its methods, as `accounts:update`, or keep an answer back, while the others work. */
export async function openAuthProxy(target: string): Promise<AuthProxy> {
  const [host = '', port] = target.split(':');
  let refused: string | undefined;
  let holding: { method: string; what: 'call' | 'answer'; wait(): Promise<void> } | undefined;
  const server = http.createServer(async (req, res) => {
    if (refused !== undefined && req.url?.includes(refused)) {
      res.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"code":500,"message":"INTERNAL"}}');
      return;
    }
    const { method = 'GET', url, headers } = req;
    const held = holding !== undefined && url?.includes(holding.method) ? holding : undefined;
    if (held) holding = undefined;
    if (held?.what === 'call') await held.wait();
    const forwarded = http.request({ host, port, method, path: url, headers }, async (answer) => {
      if (held?.what === 'answer') await held.wait();
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
    hold(method, what) {
      const arrived = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const wait = () => {
        arrived.resolve();
        return released.promise;
      };
      holding = { method, what, wait };
      return { arrived: arrived.promise, release: released.resolve };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
