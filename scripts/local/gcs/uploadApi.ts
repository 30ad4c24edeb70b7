/** The upload half of the JSON API. @see https://cloud.google.com/storage/docs/uploads-downloads */
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { refuse } from '../objectStore/gcsError.ts';
import { preconditionsOfQuery } from '../objectStore/preconditions.ts';
import type { NewObject } from '../objectStore/storage.ts';
import { storeContent } from '../objectStore/storeContent.ts';
import { Editable } from '../objectStore/storedObject.ts';
import { answerSession, type Uploads } from './answerSession.ts';
import { type Call, piecesOf, readJson } from './call.ts';
import { checkHashes, type ExpectedHashes, expectedHashes } from './hashes.ts';
import { readMultipart } from './multipart.ts';
import { objectResource } from './resources.ts';
import { sendJson, sendNothing } from './respond.ts';

const Metadata = z.object({
  ...Editable.shape,
  name: z.string().optional(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
});

/** @param parts - of the path, behind `/upload/storage/v1` */
export async function answerUploadApi(call: Call, parts: string[], response: ServerResponse, uploads: Uploads): Promise<void> {
  const [b, bucket, o, ...rest] = parts;
  if (b !== 'b' || !bucket || o !== 'o' || rest.length > 0) throw refuse.noSuchAddress();
  const session = call.query.get('upload_id');
  if (session) return answerSession(call, session, response, uploads);
  if (call.method !== 'POST') throw refuse.methodNotAllowed();
  switch (call.query.get('uploadType')) {
    case 'media':
      return uploadContent(call, response, uploads, newObject(call, bucket, {}, call.headers['content-type']), piecesOf(call.request));
    case 'multipart': {
      const { metadata, contentType, content } = await readMultipart(piecesOf(call.request), call.headers['content-type'] ?? '');
      return uploadContent(call, response, uploads, newObject(call, bucket, metadata, contentType), content);
    }
    case 'resumable':
      return startSession(call, response, uploads, bucket);
    default:
      throw refuse.invalid('Invalid uploadType');
  }
}

type Wish = NewObject & { expected: ExpectedHashes };

/** @throws 400 when metadata are not what they should be */
function newObject(call: Call, bucket: string, body: unknown, contentType: string | undefined): Wish {
  const metadata = Metadata.safeParse(body).data;
  if (!metadata) throw refuse.invalid('Invalid metadata');
  const { name, crc32c, md5Hash, ...editable } = metadata;
  return {
    bucket,
    name: call.query.get('name') ?? name ?? '',
    editable: { contentType, ...editable },
    conditions: preconditionsOfQuery(call.query),
    expected: { crc32c, md5Hash, ...expectedHashes(call.headers) },
  };
}

async function uploadContent(
  call: Call,
  response: ServerResponse,
  { storage }: Uploads,
  wish: Wish,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const object = await storeContent(storage, wish, pieces, (content) => checkHashes(content, wish.expected));
  sendJson(response, 200, objectResource(object, call.origin));
}

async function startSession(call: Call, response: ServerResponse, { storage, sessions }: Uploads, bucket: string): Promise<void> {
  const contentType = call.headers['x-upload-content-type'];
  const body = await readJson(piecesOf(call.request));
  const { expected, ...wish } = newObject(call, bucket, body, typeof contentType === 'string' ? contentType : undefined);
  storage.checkNew(wish);
  const id = await sessions.start(wish, expected);
  const location = `${call.origin}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(wish.name)}&upload_id=${id}`;
  sendNothing(response, 200, { location, 'x-guploader-uploadid': id });
}
