import net, { type AddressInfo, type Socket } from 'node:net';

/** Who sends a chunk. */
export type Side = 'client' | 'server';

/** @param n - its number among the chunks of this side since the trap was set, from 1 */
export type Trap = (side: Side, n: number, chunk: Buffer) => boolean;

export interface TcpProxy {
  /** `127.0.0.1:port` */
  host: string;
  /** From now on nothing passes; connections stay, as when a network swallows everything. */
  silence(): void;
  /** What was held back passes, and all that comes. */
  speak(): void;
  /** The connections that there are carry nothing any more; new ones do. */
  forget(): void;
  /** Ends every connection, and each new one at once, until `join`. */
  cut(): void;
  join(): void;
  /** New connections go there: a server that was started again has another port, for the old one may be somebody else's by then. */
  lead(target: string): void;
  /**
   * Calls `act` once, before the first chunk that `isMeant` passes on. With `cut` in `act` it is lost: from the client a request that
   * never arrives, from the server the answer to one that did. Replaces what was set before.
   */
  at(isMeant: Trap, act: () => void): void;
  /** Chunks of each side since `at`. */
  counted(): Record<Side, number>;
  close(): Promise<void>;
}

/** The server learns a little later that the client has gone: what it does until then is answered to nobody. */
const LINGER_MS = 100;

/** One connection, through us. */
interface Line {
  near: Socket;
  far: Socket;
}

/** Stands in front of a server: can fall silent, and end connections at an exact moment. */
export async function openTcpProxy(target: string): Promise<TcpProxy> {
  let [host = '', port = ''] = target.split(':');
  const lines = new Set<Line>();
  const eye = new Eye();
  let isQuiet = false;
  let isCut = false;
  const server = net.createServer({ noDelay: true }, (near) => {
    if (isCut) return void near.resetAndDestroy();
    const line = { near, far: net.connect({ port: Number(port), host, noDelay: true }) };
    lines.add(line);
    near.on('close', () => lines.delete(line));
    connect(line, eye);
    if (isQuiet) pause(line);
  });
  const cut = () => {
    isCut = true;
    for (const { near } of lines) near.resetAndDestroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence() {
      isQuiet = true;
      lines.forEach(pause);
    },
    speak() {
      isQuiet = false;
      lines.forEach(resume);
    },
    forget: () => lines.forEach(pause),
    cut,
    join() {
      isCut = false;
    },
    lead(to) {
      [host = '', port = ''] = to.split(':');
    },
    at: (isMeant, act) => eye.watchFor(isMeant, act),
    counted: () => eye.counted,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sees every chunk before it is passed on. */
class Eye {
  counted: Record<Side, number> = { client: 0, server: 0 };
  #trap: { isMeant: Trap; act: () => void } | undefined;

  watchFor(isMeant: Trap, act: () => void): void {
    this.counted = { client: 0, server: 0 };
    this.#trap = { isMeant, act };
  }

  see(side: Side, chunk: Buffer): void {
    this.counted[side] += 1;
    const trap = this.#trap;
    if (!trap?.isMeant(side, this.counted[side], chunk)) return;
    this.#trap = undefined;
    trap.act();
  }
}

function connect({ near, far }: Line, eye: Eye): void {
  pass('client', near, far, eye);
  pass('server', far, near, eye);
  far.on('close', () => near.destroy());
  near.on('close', () => {
    far.removeAllListeners('data').resume();
    setTimeout(() => far.destroy(), LINGER_MS);
  });
}

function pass(side: Side, from: Socket, to: Socket, eye: Eye): void {
  from.on('error', () => undefined);
  from.on('data', (chunk) => {
    eye.see(side, chunk);
    if (to.writable && !from.destroyed) to.write(chunk);
  });
}

function pause({ near, far }: Line): void {
  near.pause();
  far.pause();
}

function resume({ near, far }: Line): void {
  near.resume();
  far.resume();
}
