/** People who ask as fast as they are answered, over connections that stay open. As little code as can be: client and server share a machine. */
import { connect, type Socket } from 'node:net';

export interface Hammered {
  perS: number;
  /** Answers with another status than the one that was expected. */
  wrong: number;
  answers: number;
}

interface Asked {
  port: number;
  /** The bytes of a request, a new one each time. */
  next(): string;
  connections: number;
  ms: number;
  status?: number;
}

const HEAD_END = '\r\n\r\n';

export async function hammer({ port, next, connections, ms, status = 200 }: Asked): Promise<Hammered> {
  const tally = { answers: 0, wrong: 0 };
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + ms;
  await Promise.all(Array.from({ length: connections }, () => askOn(port, next, endsAtMs, status, tally)));
  return { ...tally, perS: tally.answers / ((performance.now() - startedAtMs) / 1000) };
}

async function askOn(port: number, next: () => string, endsAtMs: number, status: number, tally: Omit<Hammered, 'perS'>): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    let received = '';
    socket.once('connect', () => socket.write(next())).once('error', reject);
    socket.once('close', () => reject(new Error('the server has ended a connection')));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const length = lengthOf(received);
      if (length === undefined || received.length < length) return;
      tally.answers += 1;
      if (!received.startsWith(`HTTP/1.1 ${status}`)) tally.wrong += 1;
      received = received.slice(length);
      if (performance.now() < endsAtMs) socket.write(next());
      else end(socket, resolve);
    });
  });
}

function end(socket: Socket, done: () => void): void {
  socket.removeAllListeners('close');
  socket.destroy();
  done();
}

/** Of the whole answer; undefined while its head is not there. */
function lengthOf(received: string): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd)) ?? [];
  return headEnd + HEAD_END.length + Number(length);
}

export function getRequest(path: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ host: 'bench', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
