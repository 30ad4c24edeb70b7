import { EventEmitter } from 'node:events';
import { Firestore } from '@google-cloud/firestore';

interface Request {
  documents?: unknown[];
  writes?: unknown[];
}

interface Answer {
  document?: unknown;
  skippedResults?: number;
}

interface Client {
  request(method: string, request: Request, ...more: unknown[]): Promise<unknown>;
  requestStream(method: string, isBidirectional: boolean, request: Request, ...more: unknown[]): Promise<EventEmitter>;
}

export interface DocumentCount {
  reads: number;
  writes: number;
}

/**
 * Counts the documents that are read and written while `work` runs, by whoever is in this process, as Firestore bills them: each that
 * is asked for by its name, whether it is there or not; each that a query gives or skips, and one for a query that gives none; each
 * write and delete, also those of a transaction that is tried again. What the database adds up counts as one: Firestore bills one for
 * each 1,000 entries of an index. Listening is not counted. Both methods are internal: the client's version is pinned.
 *
 * https://cloud.google.com/firestore/pricing
 */
export async function countDocuments(work: () => Promise<unknown>): Promise<DocumentCount> {
  const client = Firestore.prototype as unknown as Client;
  const { request, requestStream } = client;
  const seen = { reads: 0, writes: 0 };
  client.request = function (method, asked, ...more) {
    seen.writes += asked.writes?.length ?? 0;
    return request.call(this, method, asked, ...more);
  };
  client.requestStream = async function (method, isBidirectional, asked, ...more) {
    const answers = await requestStream.call(this, method, isBidirectional, asked, ...more);
    if (asked.documents) seen.reads += asked.documents.length;
    else if (!isBidirectional) countAnswers(answers, seen);
    return answers;
  };
  try {
    await work();
    return seen;
  } finally {
    Object.assign(client, { request, requestStream });
  }
}

/** Looks at what passes: a listener of its own would make the stream flow before its reader is there. */
function countAnswers(answers: EventEmitter, seen: DocumentCount): void {
  let found = 0;
  answers.emit = (event: string | symbol, ...given: unknown[]) => {
    if (event === 'data') found += documentsIn(given[0] as Answer);
    if (event === 'end') seen.reads += Math.max(1, found);
    return EventEmitter.prototype.emit.call(answers, event, ...given);
  };
}

function documentsIn({ document, skippedResults = 0 }: Answer): number {
  return (document ? 1 : 0) + skippedResults;
}
