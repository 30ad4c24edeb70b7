/** The requests of a resumable upload: pieces in order, the question how far it got, and its end. */
import type { ServerResponse } from 'node:http';
import type { Turns } from '../google/turns.ts';
import type { ContentWriter } from '../objectStore/contentWriter.ts';
import { GcsError, refuse } from '../objectStore/gcsError.ts';
import type { Storage } from '../objectStore/storage.ts';
import type { StoredObject } from '../objectStore/storedObject.ts';
import type { Session, UploadSessions } from '../objectStore/uploadSessions.ts';
import { type Call, piecesOf } from './call.ts';
import { checkHashes, expectedHashes } from './hashes.ts';
import { objectResource } from './resources.ts';
import { sendJson, sendNothing } from './respond.ts';

/** What was received of an unfinished upload counts in whole units of this size only. */
const UNIT_BYTES = 256 * 1024;

/** nginx' code for a client that closed the request, which GCS gives to a cancelled upload. */
const CANCELLED = 499;

/** Answers PUT and DELETE at the address of a session. Requests of one session never overlap. */
export function answerSession(call: Call, id: string, response: ServerResponse, uploads: Uploads): Promise<void> {
  return uploads.turns.run(id, async () => {
    const session = await uploads.sessions.get(id);
    if (call.method === 'DELETE') {
      await uploads.sessions.cancel(id);
      return sendNothing(response, CANCELLED);
    }
    if (call.method !== 'PUT' && call.method !== 'POST') throw refuse.methodNotAllowed();
    const finished = session.finished ?? (await receive(call, id, session, uploads));
    if (finished) return sendJson(response, 200, objectResource(finished, call.origin));
    const { bytes } = await uploads.sessions.writer(id);
    sendNothing(response, 308, bytes > 0 ? { range: `bytes=0-${bytes - 1}`, 'x-guploader-uploadid': id } : { 'x-guploader-uploadid': id });
  });
}

/** What uploads need of the server. */
export interface Uploads {
  storage: Storage;
  sessions: UploadSessions;
  turns: Turns;
}

/** @returns the object when this request made the upload complete */
async function receive(call: Call, id: string, session: Session, { storage, sessions }: Uploads): Promise<StoredObject | undefined> {
  const range = contentRange(call);
  const writer = await sessions.writer(id);
  const isComplete = range.isQuery ? range.total === writer.bytes : await receivePieces(call, writer, range);
  if (!isComplete) {
    await writer.cutTo(writer.bytes - (writer.bytes % UNIT_BYTES));
    await writer.pause();
    return undefined;
  }
  const content = await writer.finish();
  try {
    checkHashes(content, { ...session.expected, ...expectedHashes(call.headers) });
    const object = await storage.putObject(session, content);
    await sessions.finish(id, session, object);
    return object;
  } catch (error) {
    if (error instanceof GcsError) await sessions.cancel(id); // refused for good: the bytes are of no use
    throw error;
  }
}

/** @returns whether all bytes are there now; not when the sender left early, or sends behind a gap */
async function receivePieces(call: Call, writer: ContentWriter, range: ContentRange): Promise<boolean> {
  let at = range.start;
  if (at > writer.bytes) return false; // the answer tells from where to send
  try {
    for await (const piece of piecesOf(call.request)) {
      const known = Math.min(piece.length, Math.max(0, writer.bytes - at));
      at += piece.length;
      await writer.write(piece.subarray(known));
    }
  } catch (error) {
    await writer.cutTo(writer.bytes - (writer.bytes % UNIT_BYTES));
    await writer.pause();
    throw error;
  }
  if (!call.request.complete) return false;
  if (range.end !== undefined && at !== range.end + 1) throw refuse.invalid('The body is not as long as its Content-Range says');
  return range.total === undefined ? range.end === undefined : writer.bytes === range.total;
}

interface ContentRange {
  start: number;
  /** Of the last byte in this request; absent when it goes to the end of the file. */
  end?: number | undefined;
  /** Of the whole file; absent as long as the sender does not know. */
  total?: number | undefined;
  /** Nothing is sent; the sender asks how far the upload got. */
  isQuery: boolean;
}

/** Without the header, the body is the whole file. */
function contentRange({ headers }: Call): ContentRange {
  const header = headers['content-range'];
  if (header === undefined) return { start: 0, isQuery: false };
  const [, start, end, total] = /^bytes (?:\*|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header) ?? [];
  if (total === undefined) throw refuse.invalid('Failed to parse Content-Range header.');
  return { start: Number(start ?? 0), end: wholeNumber(end), total: wholeNumber(total), isQuery: start === undefined };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text === undefined || text === '*' ? undefined : Number(text);
}
