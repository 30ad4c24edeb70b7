import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface FirestoreMeter {
  /** host:port, as FIRESTORE_EMULATOR_HOST wants it. */
  host: string;
  /** Commits that write this document. `lost`: somebody else had written since it was read; nothing is written, and nothing billed. */
  commitsOf(path: string): { written: number; lost: number };
  close(): Promise<void>;
}

const COMMIT = '/google.firestore.v1.Firestore/Commit';

interface Commit {
  request: string;
  isWritten: boolean;
}

/** Stands in front of the Firestore emulator and counts what any number of processes commit. Everything passes as it is. */
export async function openMeter(emulatorHost: string): Promise<FirestoreMeter> {
  const emulator = http2.connect(`http://${emulatorHost}`);
  const sessions = new Set<http2.ServerHttp2Session>();
  const commits: Commit[] = [];
  const server = http2.createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined); // a process was ended
    session.on('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => passOn(emulator, stream, headers, (commit) => commits.push(commit)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    commitsOf: (path) => {
      const own = commits.filter(({ request }) => request.includes(`/documents/${path}`));
      const written = own.filter(({ isWritten }) => isWritten).length;
      return { written, lost: own.length - written };
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      emulator.destroy();
      await closed;
    },
  };
}

function passOn(
  emulator: http2.ClientHttp2Session,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  tell: (commit: Commit) => void,
): void {
  const call = emulator.request({ ...headers });
  const sent: Buffer[] = [];
  let trailers: http2.IncomingHttpHeaders = {};
  const end = (status: unknown) => {
    if (headers[':path'] === COMMIT) tell({ request: Buffer.concat(sent).toString('latin1'), isWritten: status === '0' });
  };
  call.on('response', (answer, flags) => {
    const isAll = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (isAll) end(answer['grpc-status']);
    if (!stream.destroyed) stream.respond(answer, isAll ? { endStream: true } : { waitForTrailers: true });
  });
  call.on('trailers', (last) => {
    trailers = last;
    end(last['grpc-status']);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('data', (piece: Buffer) => sent.push(piece));
  stream.on('error', () => undefined);
  stream.on('close', () => call.close());
  call.on('error', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  stream.pipe(call);
  call.pipe(stream);
}
