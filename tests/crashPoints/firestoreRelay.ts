/**
 * Stands between a process and the Firestore emulator, and gives back the locks of transactions that the process will never end.
 *
 * Firestore does so by itself when a transaction has been idle for 60 s. But that is real time, and our leases run on a clock that
 * tests move: without this, the successor of a process that died would have to wait. Everything else passes as it is.
 */
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { bytesFields, grpcFrame, grpcMessages } from './grpcMessages.ts';

export interface FirestoreRelay {
  /** host:port, as FIRESTORE_EMULATOR_HOST wants it. */
  host: string;
  /** Ends every transaction that is open, as if it had been idle for too long, and until `resume` every other that begins. */
  release(): Promise<void>;
  resume(): void;
  close(): Promise<void>;
}

const SERVICE = '/google.firestore.v1.Firestore';

/** Where a transaction's id stands in the answers that begin one, and in the requests that end one: the number of the field. */
const BEGUN: Record<string, number> = { [`${SERVICE}/BatchGetDocuments`]: 3 };
const ENDED: Record<string, number> = { [`${SERVICE}/Commit`]: 3, [`${SERVICE}/Rollback`]: 2 };

/** What is known of one connection. */
interface Open {
  /** Open transactions: their ids in base64, and the headers of a call that belongs to them. */
  transactions: Map<string, http2.IncomingHttpHeaders>;
  /** Nobody is there who could go on with them. An answer that is still under way may begin another. */
  isLeft: boolean;
}

export async function openRelay(emulatorHost: string): Promise<FirestoreRelay> {
  const emulator = http2.connect(`http://${emulatorHost}`);
  const sessions = new Map<http2.ServerHttp2Session, Open>();
  const pending = new Set<Promise<unknown>>();
  const keep = async (promise: Promise<unknown>) => {
    const kept = promise.catch(() => undefined); // a call that fails is over
    pending.add(kept);
    await kept;
    pending.delete(kept);
  };
  const leave = (open: Open) => {
    open.isLeft = true;
    return keep(rollBack(emulator, open));
  };
  const server = http2.createServer();
  server.on('session', (session) => {
    const open: Open = { transactions: new Map(), isLeft: false };
    sessions.set(session, open);
    session.on('error', () => undefined); // the process was killed
    session.on('stream', (stream, headers) => void keep(passOn(emulator, stream, headers, { open, leave })));
    session.on('close', () => {
      sessions.delete(session);
      void leave(open);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    release: async () => {
      await Promise.all([...sessions.values()].map(leave));
    },
    resume: () => {
      for (const open of sessions.values()) open.isLeft = false;
    },
    close: async () => {
      server.close();
      for (const [session, open] of sessions) {
        void leave(open); // its end may not have been noticed yet
        session.destroy();
      }
      while (pending.size > 0) await Promise.all(pending);
      emulator.destroy();
    },
  };
}

interface Connection {
  open: Open;
  leave(open: Open): Promise<void>;
}

/** @returns when the emulator has answered */
async function passOn(
  emulator: http2.ClientHttp2Session,
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  { open, leave }: Connection,
): Promise<void> {
  const path = headers[':path'] ?? '';
  const call = emulator.request({ ...headers });
  let trailers: http2.OutgoingHttpHeaders = {};
  call.on('response', (answer, flags) => {
    const isAll = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (!stream.destroyed) stream.respond(answer, isAll ? { endStream: true } : { waitForTrailers: true });
  });
  call.on('trailers', (last) => {
    trailers = last;
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('error', () => undefined);
  stream.on('close', () => {
    call.end();
    call.resume(); // nobody reads the answer any more, but it may begin a transaction
  });
  call.on('error', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  watch(call, BEGUN[path], (id) => {
    open.transactions.set(id, headers);
    if (open.isLeft) void leave(open);
  });
  watch(stream, ENDED[path], (id) => call.on('close', () => open.transactions.delete(id)));
  stream.pipe(call);
  call.pipe(stream);
  await once(call, 'close');
}

function watch(messages: NodeJS.ReadableStream, field: number | undefined, tell: (id: string) => void): void {
  if (field === undefined) return;
  messages.on(
    'data',
    grpcMessages((message) => {
      for (const id of bytesFields(message, field)) tell(id.toString('base64'));
    }),
  );
}

async function rollBack(emulator: http2.ClientHttp2Session, open: Open): Promise<void> {
  const transactions = [...open.transactions];
  open.transactions.clear();
  await Promise.all(
    transactions.map(async ([id, headers]) => {
      const call = emulator.request({ ...headers, ':path': `${SERVICE}/Rollback` });
      const database = String(headers['google-cloud-resource-prefix']);
      call.on('data', () => undefined);
      call.end(
        grpcFrame([
          { number: 1, value: database },
          { number: 2, value: Buffer.from(id, 'base64') },
        ]),
      );
      await once(call, 'end');
    }),
  );
}
