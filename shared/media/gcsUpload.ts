import { z } from 'zod';
import { callGcs, GcsRefusal } from './gcsCall.ts';
import { type Gcs, type GcsAnswer, requestGcs, textOf } from './gcsRequest.ts';
import { MediaFault } from './port.ts';

/** Sent in one request, and held until it is acknowledged. Google wants multiples of 256 KiB. */
const PIECE_BYTES = 2 * 1024 * 1024;

interface Upload {
  name: string;
  contentType: string;
  /** The write happens only while the object has this generation; 0: while there is none. */
  ifGenerationMatch: string;
  signal?: AbortSignal | undefined;
}

const Uploaded = z.object({ generation: z.string(), crc32c: z.string() });

/**
 * Writes an object as a resumable upload: nothing of it can be seen before its last byte has come, and each piece can be repeated.
 *
 * @returns its generation
 * @throws {GcsRefusal | MediaFault}, and what `source` and `signal` throw
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export async function uploadToGcs(gcs: Gcs, source: AsyncIterable<Uint8Array>, upload: Upload): Promise<{ generation: string }> {
  const session = await startSession(gcs, upload);
  const crc32c = gcs.client.createCrc32c();
  let sent = 0;
  try {
    for await (const { bytes, isLast } of inPieces(source)) {
      crc32c.update(bytes);
      const answer = await sendPiece(gcs, { session, bytes, start: sent, isLast, crc32c: crc32c.toString() }, upload.signal);
      sent += bytes.length;
      if (isLast) return checkUploaded(answer, crc32c.toString());
    }
    throw new Error('unreachable: the last piece ends the upload');
  } catch (error) {
    // Best effort: Google forgets an unfinished session after a week, and never shows what was sent. Waited for, so that whoever
    // removes what may have arrived all the same does not come too early.
    await requestGcs(gcs, 'DELETE', session, {}, AbortSignal.timeout(2000)).then(
      ({ data }) => data.destroy(),
      () => undefined,
    );
    throw error;
  }
}

function startSession(gcs: Gcs, { name, contentType, ifGenerationMatch, signal }: Upload): Promise<string> {
  const { client, context } = gcs;
  const query = new URLSearchParams({ uploadType: 'resumable', name, ifGenerationMatch });
  const url = `${client.endpoint}/upload/storage/v1/b/${client.bucket.name}/o?${query}`;
  const headers = { 'content-type': 'application/json', 'x-upload-content-type': contentType };
  const body = Buffer.from(JSON.stringify({ contentType }));
  return callGcs(
    async (limit) => {
      const { status, headers: answered, data } = await requestGcs(gcs, 'POST', url, { headers, body }, limit);
      const location = answered.get('location');
      const text = await textOf(data);
      if (status !== 200 || !location) throw new GcsRefusal(status, text);
      return location;
    },
    context,
    signal,
  );
}

interface Piece {
  session: string;
  bytes: Buffer;
  /** Where it stands in the object. */
  start: number;
  isLast: boolean;
  crc32c: string;
}

/** @returns the description of the object behind its last piece, else '' */
function sendPiece(gcs: Gcs, piece: Piece, signal?: AbortSignal): Promise<string> {
  let isRepeated = false;
  return callGcs(
    async (limit) => {
      // The first try may have reached the storage, in whole or in part: it knows.
      let state: SessionState = isRepeated ? await askState(gcs, piece.session, limit) : { receivedBytes: piece.start };
      isRepeated = true;
      while (state.finished === undefined) {
        if (state.receivedBytes === endOf(piece) && !piece.isLast) return '';
        state = await sendRest(gcs, piece, Math.max(piece.start, state.receivedBytes), limit);
      }
      return state.finished;
    },
    gcs.context,
    signal,
  );
}

/** Sends a piece from `start` on; the storage may keep less than was sent. */
async function sendRest(gcs: Gcs, piece: Piece, start: number, limit: AbortSignal): Promise<SessionState> {
  const body = piece.bytes.subarray(start - piece.start);
  const range = body.length > 0 ? `${start}-${endOf(piece) - 1}` : '*';
  const headers = {
    'content-range': `bytes ${range}/${piece.isLast ? endOf(piece) : '*'}`,
    ...(piece.isLast ? { 'x-goog-hash': `crc32c=${piece.crc32c}` } : {}),
  };
  const state = await readState(await requestGcs(gcs, 'PUT', piece.session, { headers, body }, limit));
  if (state.finished === undefined && state.receivedBytes <= start) throw new GcsRefusal(undefined, 'the storage took none of the bytes');
  return state;
}

function endOf({ start, bytes }: Piece): number {
  return start + bytes.length;
}

type SessionState = { receivedBytes: number; finished?: undefined } | { finished: string };

async function askState(gcs: Gcs, session: string, limit: AbortSignal): Promise<SessionState> {
  return readState(await requestGcs(gcs, 'PUT', session, { headers: { 'content-range': 'bytes */*' }, body: Buffer.alloc(0) }, limit));
}

async function readState({ status, headers, data }: GcsAnswer): Promise<SessionState> {
  const text = await textOf(data);
  if (status === 200 || status === 201) return { finished: text };
  if (status !== 308) throw new GcsRefusal(status, text);
  const last = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '')?.[1];
  return { receivedBytes: last === undefined ? 0 : Number(last) + 1 };
}

function checkUploaded(answer: string, crc32c: string): { generation: string } {
  const { generation, crc32c: stored } = Uploaded.parse(JSON.parse(answer));
  if (stored !== crc32c) throw new MediaFault('damaged', 'Google Cloud Storage: what arrived has another checksum');
  return { generation };
}

/** Cuts a stream into pieces of one size, the last one smaller or empty. Holds two at most, to know which is the last. */
async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    heldBytes += chunk.byteLength;
    if (heldBytes <= PIECE_BYTES) continue;
    let bytes = Buffer.concat(held);
    for (; bytes.length > PIECE_BYTES; bytes = bytes.subarray(PIECE_BYTES)) yield { bytes: bytes.subarray(0, PIECE_BYTES), isLast: false };
    held = [bytes];
    heldBytes = bytes.length;
  }
  yield { bytes: Buffer.concat(held), isLast: true };
}
