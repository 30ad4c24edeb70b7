import net, { type AddressInfo, type Socket } from 'node:net';

export interface QuietProxy {
  /** `127.0.0.1:port` */
  host: string;
  /** From now on nothing passes; connections stay, as when a network swallows everything. */
  silence(): void;
  /** What was held back passes, and all that comes. */
  speak(): void;
  close(): Promise<void>;
}

/** Stands in front of a server, and can fall silent. */
export async function quietProxy(target: string): Promise<QuietProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let isQuiet = false;
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), host);
    pass(near, far);
    pass(far, near);
  });
  function pass(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.on('data', (piece) => to.write(piece));
    if (isQuiet) from.pause();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence() {
      isQuiet = true;
      for (const socket of sockets) socket.pause();
    },
    speak() {
      isQuiet = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
