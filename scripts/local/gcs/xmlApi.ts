/** The XML API, as far as signed URLs go: objects by GET, HEAD, PUT and DELETE. @see https://cloud.google.com/storage/docs/xml-api */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '#shared/runtime';
import type { LocalGoogle } from '../google/index.ts';
import { refuse } from '../objectStore/gcsError.ts';
import { checkBeforeChange, preconditionsOfHeaders } from '../objectStore/preconditions.ts';
import type { Storage } from '../objectStore/storage.ts';
import { storeContent } from '../objectStore/storeContent.ts';
import type { Editable } from '../objectStore/storedObject.ts';
import { authenticate } from './authenticate.ts';
import { type Call, piecesOf } from './call.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { checkHashes, expectedHashes } from './hashes.ts';
import { authorise, checkPermissions, needsOf } from './permissions.ts';
import { sendNothing } from './respond.ts';
import { headerText, sendObject } from './sendObject.ts';
import { checkSignedUrl, hasSignature } from './signedUrl.ts';

export interface XmlSurroundings {
  storage: Storage;
  google: LocalGoogle;
  clock: Clock;
}

export async function answerXmlApi(call: Call, response: ServerResponse, { storage, google, clock }: XmlSurroundings): Promise<void> {
  const [bucket = '', ...path] = call.parts;
  const name = path.join('/');
  if (!bucket || !name) throw refuse.noSuchAddress();
  const { cors } = storage.bucket(bucket).bucket;
  if (call.method === 'OPTIONS') return sendNothing(response, 200, preflightHeaders(call, cors));
  for (const [header, value] of Object.entries(corsHeaders(call, cors))) response.setHeader(header, value);

  await checkCaller(call, { storage, google, clock });
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return showObject(call, response, storage, bucket, name);
    case 'PUT':
      return putObject(call, response, storage, bucket, name);
    case 'DELETE':
      await storage.deleteObject(bucket, name, preconditionsOfHeaders(call.headers));
      return sendNothing(response, 204);
    default:
      throw refuse.methodNotAllowed();
  }
}

async function checkCaller(call: Call, { storage, google, clock }: XmlSurroundings): Promise<void> {
  const needs = needsOf('xml', call, call.parts);
  if (hasSignature(call)) return checkPermissions(storage, checkSignedUrl(call, google, clock.now()), needs);
  if (!call.headers.authorization) throw refuse.accessDenied('Anonymous caller does not have access to the Google Cloud Storage object.');
  authorise(storage, await authenticate(call, google), needs);
}

async function showObject(call: Call, response: ServerResponse, storage: Storage, bucket: string, name: string): Promise<void> {
  const object = storage.object(bucket, name, call.query.get('generation'));
  const etag = `"${Buffer.from(object.md5Hash, 'base64').toString('hex')}"`;
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.headers;
  checkBeforeChange(object, preconditionsOfHeaders(call.headers));
  if (ifMatch && !names(ifMatch, etag)) throw refuse.conditionNotMet();
  if (ifNoneMatch && names(ifNoneMatch, etag)) throw refuse.notModified();
  const disposition = call.query.get('response-content-disposition');
  const type = call.query.get('response-content-type');
  await sendObject(call, response, storage, object, {
    etag,
    ...customHeaders(object.editable),
    ...(disposition ? { 'content-disposition': headerText(disposition) } : {}),
    ...(type ? { 'content-type': headerText(type) } : {}),
  });
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag);
}

const CUSTOM_HEADER = 'x-goog-meta-';

function customHeaders({ metadata = {} }: Editable): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`${CUSTOM_HEADER}${key}`, headerText(value)]));
}

async function putObject(call: Call, response: ServerResponse, storage: Storage, bucket: string, name: string): Promise<void> {
  const { headers } = call;
  const range = lengthRange(headers['x-goog-content-length-range']);
  if (headers['content-length'] !== undefined) range.check(Number(headers['content-length']));
  const wish = { bucket, name, editable: editableOf(headers), conditions: preconditionsOfHeaders(headers) };
  const pieces = upTo(range.max, piecesOf(call.request));
  const object = await storeContent(storage, wish, pieces, (content) => {
    range.check(content.bytes);
    checkHashes(content, expectedHashes(headers));
  });
  sendNothing(response, 200, {
    etag: `"${Buffer.from(object.md5Hash, 'base64').toString('hex')}"`,
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'x-goog-stored-content-encoding': object.editable.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.bytes),
  });
}

function lengthRange(header: string | string[] | undefined) {
  const [, least, most] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(String(header ?? '')) ?? [];
  if (header !== undefined && most === undefined) throw refuse.invalid('Invalid x-goog-content-length-range');
  const max = most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  return {
    max,
    check(bytes: number) {
      if (bytes > max) throw refuse.wrongSize('EntityTooLarge');
      if (bytes < Number(least ?? 0)) throw refuse.wrongSize('EntityTooSmall');
    },
  };
}

/** A body without a length is cut off as soon as it is too long, not at its end. */
async function* upTo(maxBytes: number, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > maxBytes) throw refuse.wrongSize('EntityTooLarge');
    yield piece;
  }
}

function editableOf(headers: IncomingHttpHeaders): Editable {
  const custom = Object.entries(headers).filter(([name]) => name.startsWith(CUSTOM_HEADER));
  return {
    contentType: headers['content-type'],
    cacheControl: headers['cache-control'],
    contentDisposition: headers['content-disposition'],
    contentEncoding: headers['content-encoding'],
    contentLanguage: headers['content-language'],
    ...(custom.length > 0
      ? { metadata: Object.fromEntries(custom.map(([name, value]) => [name.slice(CUSTOM_HEADER.length), String(value)])) }
      : {}),
  };
}
