/** Requests byte by byte, past every client that would tidy them up. */
import { connect } from 'node:net';
import type { SomeAnswer } from './problemFaults.ts';

const LONGEST_MS = 8_000;

/**
 * Sends the pieces one after another, and reads the first answer.
 *
 * @returns undefined when the connection ended without one
 * @throws when nothing happens: that is a hang
 */
export async function rawRequest(url: string, pieces: (string | Buffer)[]): Promise<SomeAnswer | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  socket.on('error', () => undefined); // reset by the server while we still write: what it has said before counts
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const limit = setTimeout(() => reject(new Error(`no end within ${LONGEST_MS} ms`)), LONGEST_MS);
  socket.on('data', () => isWhole(Buffer.concat(received)) && resolve());
  socket.on('close', () => resolve());
  try {
    for (const piece of pieces) if (!socket.destroyed) await new Promise<void>((sent) => socket.write(piece, () => sent()));
    await ended;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
  return parseAnswer(Buffer.concat(received));
}

/** Leaves in the middle of its own request. */
export async function leaveEarly(url: string, piece: string | Buffer): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await new Promise<void>((sent) => socket.write(piece, () => sent()));
  socket.destroy();
}

function isWhole(bytes: Buffer): boolean {
  const answer = parseAnswer(bytes);
  if (!answer) return false;
  const length = answer.headers['content-length'];
  return length === undefined || answer.status === 304 || Buffer.byteLength(answer.text) >= Number(length);
}

function parseAnswer(bytes: Buffer): SomeAnswer | undefined {
  const all = bytes.toString().replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = all.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, text: all.slice(end + 4) };
}
