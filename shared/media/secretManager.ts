/** The storage key as Secret Manager holds it: its newest version, read when it is needed, not when the service was deployed. */
import { z } from 'zod';
import { type HttpAnswer, SettingsError, send, within } from '#shared/runtime';
import type { KeyFaultCode } from './keyFaults.ts';
import { MediaFault } from './port.ts';

export interface SecretOptions {
  /** `projects/<project>/secrets/<name>`. */
  secret: string;
  /** Where Secret Manager stands, when that is not Google's own address. */
  endpoint?: string | undefined;
  /** Of an account that may read the secret; a local stand-in wants none. */
  accessToken?: (() => Promise<string>) | undefined;
}

const GOOGLE_ENDPOINT = 'https://secretmanager.googleapis.com';
const LIMIT_MS = 5_000; // of each of the two calls
const LARGEST_ANSWER_BYTES = 128 * 1024; // a secret has 64 KiB at most, here in base64

/**
 * @returns a function that reads the newest version of the secret
 * @throws {MediaFault} there, with a `keyFault` whose code begins with `secret_`
 * @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
export function createSecretReader({ secret, endpoint = GOOGLE_ENDPOINT, accessToken }: SecretOptions): () => Promise<string> {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/${secret}/versions/latest:access`;
  return async () => {
    const token = accessToken && (await orFault(within(LIMIT_MS, 'the account’s own token', accessToken())));
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await orFault(send({ method: 'GET', url, headers, timeoutMs: LIMIT_MS, maxBytes: LARGEST_ANSWER_BYTES }));
    return payloadOf(answer);
  };
}

/** @param name - the name alone, or with its project before it. @throws {SettingsError} for a name of a version: that would be fixed */
export function secretPath(name: string, projectId: string): string {
  const [, project = projectId, short] = /^(?:projects\/([a-z0-9-]+)\/secrets\/)?([\w-]{1,255})$/.exec(name) ?? [];
  if (!short) throw new SettingsError(['GCS_KEY_SECRET: must be the name of a secret, or projects/<project>/secrets/<name>']);
  return `projects/${project}/secrets/${short}`;
}

const Accessed = z.object({ payload: z.object({ data: z.base64(), dataCrc32c: z.coerce.number().optional() }) });
const Refused = z.object({ error: z.object({ status: z.string() }) });

async function payloadOf({ status, data }: HttpAnswer): Promise<string> {
  if (status !== 200) throw faultOf(refusalCode(status, Refused.safeParse(data).data?.error.status));
  const payload = Accessed.safeParse(data).data?.payload;
  if (!payload) throw faultOf('secret_unavailable');
  const bytes = Buffer.from(payload.data, 'base64');
  const { CRC32C } = await import('@google-cloud/storage'); // heavy, but whoever wants the key is about to load it
  const checksum = new CRC32C();
  checksum.update(bytes);
  const isWhole = payload.dataCrc32c === undefined || payload.dataCrc32c === checksum.valueOf() >>> 0;
  if (!isWhole) throw faultOf('secret_damaged');
  return bytes.toString('utf8');
}

function refusalCode(status: number, said: string | undefined): KeyFaultCode {
  if (status === 404) return 'secret_missing';
  if (status === 401 || status === 403) return 'secret_forbidden';
  return status === 400 && said === 'FAILED_PRECONDITION' ? 'secret_disabled' : 'secret_unavailable';
}

async function orFault<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch {
    throw faultOf('secret_unavailable'); // the cause can name the account
  }
}

function faultOf(code: KeyFaultCode): MediaFault {
  return MediaFault.ofKey({ code });
}
