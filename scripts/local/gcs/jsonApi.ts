/** The JSON API but uploads: buckets, objects, copies. @see https://cloud.google.com/storage/docs/json_api/v1 */
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { refuse } from '../objectStore/gcsError.ts';
import { checkBeforeChange, checkBeforeRead, preconditionsOfQuery } from '../objectStore/preconditions.ts';
import type { Storage } from '../objectStore/storage.ts';
import { CorsRule, Editable } from '../objectStore/storedObject.ts';
import { type Call, piecesOf, readJson } from './call.ts';
import { listObjects } from './listObjects.ts';
import { permissionsOf } from './permissions.ts';
import { bucketResource, etagOf, objectResource } from './resources.ts';
import { sendJson, sendNothing } from './respond.ts';
import { sendObject } from './sendObject.ts';

interface JsonSurroundings {
  storage: Storage;
  /** Of the account that calls; it may do what it asks for. */
  email: string;
}

/** @param parts - of the path, behind `/storage/v1` */
export async function answerJsonApi(call: Call, parts: string[], response: ServerResponse, around: JsonSurroundings): Promise<void> {
  const { storage } = around;
  const [b, bucket, collection, name, verb, , toBucket, , toName, ...rest] = parts;
  if (b !== 'b' || rest.length > 0) throw refuse.noSuchAddress();
  if (!bucket) return answerBuckets(call, response, storage);
  if (!collection) return answerBucket(call, response, storage, bucket);
  if (collection === 'iam' && name === 'testPermissions') {
    const permissions = permissionsOf(storage, around.email, bucket, call.query.getAll('permissions'));
    return sendJson(response, 200, { kind: 'storage#testIamPermissionsResponse', permissions });
  }
  if (collection !== 'o') throw refuse.noSuchAddress();
  if (!name && call.method !== 'GET') throw refuse.methodNotAllowed();
  if (!name) return sendJson(response, 200, listObjects(storage.bucket(bucket), call.query, call.origin));
  if (!verb) return answerObject(call, response, storage, bucket, name);
  if (!toBucket || !toName || call.method !== 'POST') throw refuse.noSuchAddress();
  await copy(call, response, storage, { bucket, name, verb, toBucket, toName });
}

async function answerBuckets(call: Call, response: ServerResponse, storage: Storage): Promise<void> {
  if (call.method === 'GET') {
    const items = storage.buckets().map((bucket) => bucketResource(bucket, call.origin));
    return sendJson(response, 200, { kind: 'storage#buckets', items });
  }
  if (call.method !== 'POST') throw refuse.methodNotAllowed();
  const { name, cors, settings } = await readBucket(call);
  sendJson(response, 200, bucketResource(await storage.createBucket(name ?? '', cors ?? [], settings), call.origin));
}

async function answerBucket(call: Call, response: ServerResponse, storage: Storage, name: string): Promise<void> {
  const { bucket } = storage.bucket(name);
  if (call.method === 'GET') return sendJson(response, 200, bucketResource(bucket, call.origin));
  if (call.method !== 'PATCH') throw refuse.methodNotAllowed();
  const { cors, settings } = await readBucket(call);
  const change = { ...(cors ? { cors } : {}), settings: withoutNulls({ ...bucket.settings, ...settings }) };
  sendJson(response, 200, bucketResource(await storage.updateBucket(name, change), call.origin));
}

const BucketBody = z.looseObject({
  name: z.string().optional(),
  cors: z
    .array(CorsRule)
    .nullish()
    .transform((cors) => (cors === null ? [] : cors)),
});

async function readBucket(call: Call) {
  const body = BucketBody.safeParse(await readJson(piecesOf(call.request))).data;
  if (!body) throw refuse.invalid('Invalid bucket');
  const { name, cors, ...settings } = body;
  return { name, cors, settings };
}

async function answerObject(call: Call, response: ServerResponse, storage: Storage, bucket: string, name: string): Promise<void> {
  const { query, method } = call;
  const conditions = preconditionsOfQuery(query);
  if (method === 'GET' || method === 'HEAD') {
    const object = storage.object(bucket, name, query.get('generation'));
    checkBeforeRead(object, conditions);
    if (query.get('alt') === 'media') return sendObject(call, response, storage, object, { etag: etagOf(object) });
    return sendJson(response, 200, objectResource(object, call.origin), { etag: etagOf(object) });
  }
  if (method === 'DELETE') {
    await storage.deleteObject(bucket, name, conditions, query.get('generation'));
    return sendNothing(response, 204);
  }
  if (method !== 'PATCH') throw refuse.methodNotAllowed();
  const patch = readPatch(await readJson(piecesOf(call.request)));
  const object = await storage.updateObject(bucket, name, conditions, (editable) => patched(editable, patch));
  sendJson(response, 200, objectResource(object, call.origin));
}

type Patch = z.output<typeof Patch>;
const Patch = z.object({
  contentType: z.string().nullish(),
  cacheControl: z.string().nullish(),
  contentDisposition: z.string().nullish(),
  contentEncoding: z.string().nullish(),
  contentLanguage: z.string().nullish(),
  customTime: z.string().nullish(),
  metadata: z.record(z.string(), z.string().nullable()).nullish(),
  temporaryHold: z.boolean().nullish(),
});

function readPatch(body: unknown): Patch {
  const patch = Patch.safeParse(body).data;
  if (!patch) throw refuse.invalid('Invalid metadata');
  return patch;
}

/** Null takes a field away; custom metadata are merged key by key. */
function patched(editable: Editable, { metadata, ...fields }: Patch): Editable {
  const merged = metadata === null ? undefined : { ...editable.metadata, ...metadata };
  return Editable.parse(withoutNulls({ ...editable, ...fields, metadata: merged && withoutNulls(merged) }));
}

function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

interface Copy {
  bucket: string;
  name: string;
  /** `copyTo` answers with the object, `rewriteTo` with a report around it. */
  verb: string;
  toBucket: string;
  toName: string;
}

async function copy(call: Call, response: ServerResponse, storage: Storage, { bucket, name, verb, toBucket, toName }: Copy): Promise<void> {
  if (verb !== 'copyTo' && verb !== 'rewriteTo') throw refuse.noSuchAddress();
  const given = Editable.safeParse(await readJson(piecesOf(call.request))).data;
  if (!given) throw refuse.invalid('Invalid metadata');
  const find = () => {
    const source = storage.object(bucket, name, call.query.get('sourceGeneration'));
    checkBeforeChange(source, preconditionsOfQuery(call.query, 'ifSource'));
    return source;
  };
  const wish = { bucket: toBucket, name: toName, conditions: preconditionsOfQuery(call.query) };
  const object = await storage.copyObject(find, wish, Object.keys(given).length > 0 ? given : undefined);
  const resource = objectResource(object, call.origin);
  if (verb === 'copyTo') return sendJson(response, 200, resource);
  const bytes = String(object.bytes);
  sendJson(response, 200, { kind: 'storage#rewriteResponse', totalBytesRewritten: bytes, objectSize: bytes, done: true, resource });
}
