import { Firestore } from '@google-cloud/firestore';

interface Request {
  documents?: unknown[];
  writes?: unknown[];
  structuredQuery?: { limit?: { value?: number } | null };
}

interface Client {
  request(method: string, request: Request, ...more: unknown[]): Promise<unknown>;
  requestStream(method: string, isBidirectional: boolean, request: Request, ...more: unknown[]): Promise<unknown>;
}

/**
 * Counts the documents that are asked for and written while `work` runs, by whoever is in this process; of a list, as many as it may
 * have. What the database adds up counts as one. Both methods are internal: the client's version is pinned.
 */
export async function countDocuments(work: () => Promise<unknown>): Promise<{ reads: number; writes: number }> {
  const client = Firestore.prototype as unknown as Client;
  const { request, requestStream } = client;
  const seen = { reads: 0, writes: 0 };
  client.request = function (method, asked, ...more) {
    seen.writes += asked.writes?.length ?? 0;
    return request.call(this, method, asked, ...more);
  };
  client.requestStream = function (method, isBidirectional, asked, ...more) {
    seen.reads += asked.documents?.length ?? asked.structuredQuery?.limit?.value ?? 1;
    return requestStream.call(this, method, isBidirectional, asked, ...more);
  };
  try {
    await work();
    return seen;
  } finally {
    Object.assign(client, { request, requestStream });
  }
}
