import { Firestore } from '@google-cloud/firestore';

interface Client {
  request(...given: unknown[]): Promise<unknown>;
  requestStream(...given: unknown[]): Promise<unknown>;
}

/**
 * Counts what is sent to the database while `work` runs, by whoever is in this process. Both methods are internal: the client's
 * version is pinned.
 */
export async function countRoundTrips<T>(work: () => Promise<T>): Promise<{ result: T; count: number }> {
  const client = Firestore.prototype as unknown as Client;
  const { request, requestStream } = client;
  if (typeof request !== 'function' || typeof requestStream !== 'function') throw new Error('The Firestore client has changed');
  let count = 0;
  client.request = function (...given) {
    count += 1;
    return request.apply(this, given);
  };
  client.requestStream = function (...given) {
    count += 1;
    return requestStream.apply(this, given);
  };
  try {
    return { result: await work(), count };
  } finally {
    Object.assign(client, { request, requestStream });
  }
}
