/** A Firestore that says of every database that there is none. */
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Firestore } from '@google-cloud/firestore';
import { type DatabaseAdmin, ownDatabaseAdmin } from '#shared/backups';

export interface Nothing {
  /** Of the database that there is, but that it opens none. */
  admin: DatabaseAdmin;
  close(): void;
}

export async function startNothing(): Promise<Nothing> {
  const server = createServer();
  server.on('stream', (stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5', 'grpc-message': 'no such database' };
    stream.respond(head, { endStream: true });
    stream.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { admin: { ...(await ownDatabaseAdmin()), open: () => Promise.resolve(clientOf(host)) }, close: () => void server.close() };
}

function clientOf(host: string): Firestore {
  const known = process.env['FIRESTORE_EMULATOR_HOST'];
  process.env['FIRESTORE_EMULATOR_HOST'] = host; // read when a client is made
  const client = new Firestore({ projectId: 'demo-sori' });
  process.env['FIRESTORE_EMULATOR_HOST'] = known;
  return client;
}
