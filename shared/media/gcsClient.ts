/** The official client, bound to one bucket. Heavy: loaded when a store is first used. */
import { type Bucket, CRC32C, type GetSignedUrlConfig, Storage } from '@google-cloud/storage';
import { create as contentDisposition } from 'content-disposition';
import type { GoogleAuth } from 'google-auth-library';
import { traceparent } from '#shared/runtime';
import type { Credentials } from './credentials.ts';
import { createDefaultAuth, createKeyAuth } from './googleAuth.ts';
import { MediaFault, type SignedUrl, type SignedWrite, type SignOptions, type SignWriteOptions } from './port.ts';

export interface GcsClient {
  bucket: Bucket;
  /** Sends single requests with the same account; for what the client does not do well (gcsRequest.ts). */
  auth: GoogleAuth;
  /** No slash at its end. */
  endpoint: string;
  createCrc32c(): CRC32C;
}

export interface GcsAddress {
  bucketName: string;
  projectId: string;
  /** Where the storage stands, when that is not Google's own address. */
  apiEndpoint?: string | undefined;
}

const GOOGLE_ENDPOINT = 'https://storage.googleapis.com';

/** @param credentials - of a given key; without, application default credentials */
export function connectGcs({ bucketName, projectId, apiEndpoint }: GcsAddress, credentials?: Credentials): GcsClient {
  const auth = credentials ? createKeyAuth(credentials, projectId) : createDefaultAuth(projectId);
  const endpoint = (apiEndpoint ?? GOOGLE_ENDPOINT).replace(/\/+$/, '');
  const storage = new Storage({
    projectId,
    authClient: auth,
    apiEndpoint: endpoint,
    useAuthWithCustomEndpoint: true,
    retryOptions: { autoRetry: false }, // gcsCall.ts says why
  });
  // With STORAGE_EMULATOR_HOST set the client would leave out the path of the JSON API.
  storage.baseUrl = `${endpoint}/storage/v1`;
  storage.interceptors.push({ request: withTrace });
  return { bucket: storage.bucket(bucketName), auth, endpoint, createCrc32c: () => new CRC32C() };
}

type Request = ReturnType<Storage['interceptors'][number]['request']>;

/** What the client asks by itself belongs to the trace of the work that it is asked for. */
function withTrace(asked: object): Request {
  const request = asked as Request;
  const trace = traceparent();
  return trace ? { ...request, headers: { ...request.headers, traceparent: trace } } : request;
}

const HOUR_MS = 60 * 60 * 1000;
const LIFE_HOURS = 3;

/**
 * A V4 URL that gives an object to anyone who has it.
 *
 * It counts from the last full hour on, so all instances make the same one within an hour, and browsers keep what they have; 2 to
 * 3 hours of its life remain.
 */
export async function signReadUrl(bucket: Bucket, name: string, { now, downloadName }: SignOptions): Promise<SignedUrl> {
  const accessibleAt = new Date(Math.floor(now / HOUR_MS) * HOUR_MS);
  const expiresAt = new Date(accessibleAt.getTime() + LIFE_HOURS * HOUR_MS);
  const disposition = downloadName === undefined ? {} : { responseDisposition: contentDisposition(downloadName) };
  const url = await sign(bucket, name, { action: 'read', accessibleAt, expires: expiresAt, ...disposition });
  return { url, expiresAt };
}

const WRITE_LIFE_MS = 15 * 60 * 1000;

/**
 * A V4 URL by which a stranger writes an object. The storage itself refuses another type, another length, and a second write.
 *
 * @see https://cloud.google.com/storage/docs/xml-api/reference-headers
 */
export async function signWriteUrl(bucket: Bucket, name: string, { now, contentType, bytes }: SignWriteOptions): Promise<SignedWrite> {
  const accessibleAt = new Date(Math.floor(now / 1000) * 1000); // dates in URLs have seconds
  const expiresAt = new Date(accessibleAt.getTime() + WRITE_LIFE_MS);
  const extensionHeaders = { 'x-goog-content-length-range': `${bytes},${bytes}`, 'x-goog-if-generation-match': '0' };
  const url = await sign(bucket, name, { action: 'write', accessibleAt, expires: expiresAt, contentType, extensionHeaders });
  return { method: 'PUT', url, headers: { 'content-type': contentType, ...extensionHeaders }, expiresAt };
}

async function sign(bucket: Bucket, name: string, options: Omit<GetSignedUrlConfig, 'version'>): Promise<string> {
  try {
    return (await bucket.file(name).getSignedUrl({ version: 'v4', ...options }))[0];
  } catch (error) {
    // The client keeps only the text of a fault of the key; texts of IAM can hold the account's address.
    throw error instanceof MediaFault ? error : new MediaFault('unavailable', 'Google Cloud Storage: a URL cannot be signed', error);
  }
}
