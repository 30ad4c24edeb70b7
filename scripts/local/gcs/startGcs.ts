/**
 * Google Cloud Storage as a local server that the official client cannot tell from Google's, as far as Sori uses it:
 * JSON API, uploads, signed URLs; tokens, signatures and CORS are really checked.
 *
 * Objects stand on disk in whole or not at all, at any moment; see `bucketDirectory.ts`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '#shared/runtime';
import type { LocalGoogle } from '../google/index.ts';
import { closeServer, listen } from '../google/listen.ts';
import { forgetOwnAddress, recordOwnAddress } from '../google/ownAddress.ts';
import { createTurns } from '../google/turns.ts';
import { GcsError, refuse } from '../objectStore/gcsError.ts';
import { Storage } from '../objectStore/storage.ts';
import { CorsRule } from '../objectStore/storedObject.ts';
import { UploadSessions } from '../objectStore/uploadSessions.ts';
import type { Uploads } from './answerSession.ts';
import { authenticate } from './authenticate.ts';
import { type Call, readCall } from './call.ts';
import { answerJsonApi } from './jsonApi.ts';
import { authorise, type Members, needsOf } from './permissions.ts';
import { type RefusalForm, sendRefusal } from './respond.ts';
import { answerUploadApi } from './uploadApi.ts';
import { answerXmlApi } from './xmlApi.ts';

export interface LocalGcs {
  url: string;
  /** Makes sure that there is a bucket of this name, unless it was deleted. With `cors`, its rules become these; so do other settings. */
  createBucket(name: string, options?: { cors?: Partial<CorsRule>[]; settings?: Record<string, unknown> }): Promise<void>;
  /** From now on only these accounts may use the bucket; `undefined`: every account that Google knows. */
  setMembers(bucket: string, members: Members | undefined): Promise<void>;
  /** The bucket is gone; `restoreBucket` brings it back with all that was in it. */
  deleteBucket(name: string): Promise<void>;
  restoreBucket(name: string): Promise<void>;
  close(): Promise<void>;
}

interface GcsOptions {
  directory: string;
  port?: number;
  google: LocalGoogle;
  clock?: Clock;
}

interface Server {
  uploads: Uploads;
  google: LocalGoogle;
  clock: Clock;
}

export async function startGcs({ directory, port = 0, google, clock = systemClock }: GcsOptions): Promise<LocalGcs> {
  const storage = await Storage.open(directory, clock);
  const sessions = await UploadSessions.open(storage.uploadsPath, clock);
  const uploads: Uploads = { storage, sessions, turns: createTurns() };
  // A large upload may take its time; idle connections still end.
  const server = createServer({ requestTimeout: 0 }, (request, response) => void handle(request, response, { uploads, google, clock }));
  const url = await listen(server, port);
  await recordOwnAddress(directory, url);

  return {
    url,
    async createBucket(name, { cors, settings } = {}) {
      if (storage.isDeleted(name)) return;
      const rules = cors?.map((rule) => CorsRule.parse(rule));
      const exists = storage.buckets().some((bucket) => bucket.name === name);
      if (!exists) await storage.createBucket(name, rules ?? [], settings);
      else if (rules || settings)
        await storage.updateBucket(name, { ...(rules ? { cors: rules } : {}), ...(settings ? { settings } : {}) });
    },
    async setMembers(bucket, members) {
      await storage.updateBucket(bucket, { members });
    },
    async deleteBucket(name) {
      await storage.deleteBucket(name);
    },
    async restoreBucket(name) {
      await storage.restoreBucket(name);
    },
    async close() {
      await closeServer(server);
      await uploads.turns.settled();
      await storage.settled();
      forgetOwnAddress(directory);
    },
  };
}

/** Where every request enters and every refusal leaves. */
async function handle(request: IncomingMessage, response: ServerResponse, server: Server): Promise<void> {
  let form: RefusalForm = 'xml';
  try {
    const call = readCall(request);
    const { api, parts } = destination(call);
    if (api !== 'xml') form = call.query.get('alt') === 'media' ? 'text' : 'json';
    await answer(api, call, parts, response, server);
  } catch (error) {
    request.resume(); // what the caller still sends is not kept, so that it reads the refusal
    if (response.headersSent || request.errored)
      response.destroy(); // half an answer, or nobody left to read one
    else sendRefusal(response, error instanceof GcsError ? error : unexpected(error), form, request.method === 'HEAD');
  }
}

function unexpected(error: unknown): GcsError {
  console.error('local GCS:', error);
  return refuse.internalError();
}

type Api = 'json' | 'upload' | 'xml';

function destination({ parts }: Call): { api: Api; parts: string[] } {
  const path = parts.join('/');
  if (path.startsWith('storage/v1/')) return { api: 'json', parts: parts.slice(2) };
  if (path.startsWith('download/storage/v1/')) return { api: 'json', parts: parts.slice(3) };
  if (path.startsWith('upload/storage/v1/')) return { api: 'upload', parts: parts.slice(3) };
  if (path.startsWith('resumable/upload/storage/v1/')) return { api: 'upload', parts: parts.slice(4) }; // gcloud's
  return { api: 'xml', parts };
}

async function answer(api: Api, call: Call, parts: string[], response: ServerResponse, { uploads, google, clock }: Server): Promise<void> {
  if (api === 'xml') return answerXmlApi(call, response, { storage: uploads.storage, google, clock });
  // The address of an upload session is itself the right to use it.
  if (api === 'upload' && call.query.has('upload_id')) return answerUploadApi(call, parts, response, uploads);
  const bearer = await authenticate(call, google);
  authorise(uploads.storage, bearer, needsOf(api, call, parts));
  if (api === 'upload') return answerUploadApi(call, parts, response, uploads);
  return answerJsonApi(call, parts, response, { storage: uploads.storage, email: bearer.email });
}
