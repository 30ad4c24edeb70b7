import { connect, type Socket } from 'node:net';
import { waitUntil } from '../../scripts/local/waitUntil.ts';

/** A connection on which a test writes what it likes, when it likes. */
export interface RawRequest {
  send(text: string): void;
  /** Waits until what has come back holds this. @throws after 5 s */
  received(part: string): Promise<string>;
  /** All that has come back when the other side has ended the connection. */
  ended(): Promise<string>;
  socket: Socket;
}

const LIMIT_MS = 5_000;

export async function openRawRequest(port: number): Promise<RawRequest> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let hasEnded = false;
  socket.on('data', (bytes) => {
    text += bytes.toString();
  });
  socket.on('error', () => undefined); // a cut connection shows in what has come until then
  socket.on('close', () => {
    hasEnded = true;
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    send: (part) => void socket.write(part),
    received: async (part) => {
      await waitUntil(`the answer holds "${part}"`, () => text.includes(part), LIMIT_MS);
      return text;
    },
    ended: async () => {
      await waitUntil('the connection ends', () => hasEnded, LIMIT_MS);
      return text;
    },
  };
}

/** Status, headers and body of an answer with a Content-Length. */
export function readAnswer(text: string): { status: number; headers: Headers; body: unknown } {
  const [head = '', body = ''] = text.replace(/^HTTP\/1\.1 100 .*?\r\n\r\n/s, '').split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  return { status: Number(statusLine.split(' ')[1]), headers, body: JSON.parse(body) };
}
