import { createSign } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import { GoogleAuth, PassThroughClient } from 'google-auth-library';
import jwt from 'jsonwebtoken';
import type { ServiceAccountKey } from '../../scripts/local/google/index.ts';

interface Connection {
  /** Of the local GCS server. */
  url: string;
  tokenUrl: string;
  key: ServiceAccountKey;
}

/** The official client, signed in to the local Google with a service account's key. Nothing is retried, so that a test sees each answer. */
export function storageClient({ url, tokenUrl, key }: Connection): Storage {
  return new Storage({
    projectId: key.project_id,
    apiEndpoint: url,
    useAuthWithCustomEndpoint: true,
    universeDomain: new URL(url).hostname, // resumable uploads of 8.4.0 overlook the line above, but sign in within their "universe"
    authClient: new KeyAuth(tokenUrl, key),
    retryOptions: { autoRetry: false },
  });
}

/** An access token as any service account gets one. */
export async function accessToken(tokenUrl: string, key: ServiceAccountKey): Promise<string> {
  const answer = await fetch(tokenUrl, { method: 'POST', body: assertionForm(tokenUrl, key) });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (!token) throw new Error(`no access token: ${answer.status}`);
  return token;
}

/** @param claims - in place of the right ones */
export function assertionForm(tokenUrl: string, key: ServiceAccountKey, claims: Record<string, unknown> = {}): URLSearchParams {
  const iat = Math.floor(Date.now() / 1000);
  const scope = 'https://www.googleapis.com/auth/devstorage.full_control';
  const payload = { iss: key.client_email, aud: tokenUrl, scope, iat, exp: iat + 3600, ...claims };
  const assertion = jwt.sign(payload, key.private_key, { algorithm: 'RS256', keyid: key.private_key_id });
  return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
}

class KeyAuth extends GoogleAuth {
  readonly #key: ServiceAccountKey;

  constructor(tokenUrl: string, key: ServiceAccountKey) {
    super({ authClient: new KeyClient(tokenUrl, key), projectId: key.project_id });
    this.#key = key;
  }

  override sign(data: string): Promise<string> {
    return Promise.resolve(createSign('RSA-SHA256').update(data).sign(this.#key.private_key, 'base64'));
  }

  override getCredentials(): Promise<{ client_email: string }>;
  override getCredentials(callback: (error: Error | null, credentials?: { client_email: string }) => void): void;
  override getCredentials(): Promise<{ client_email: string }> {
    return Promise.resolve({ client_email: this.#key.client_email });
  }
}

class KeyClient extends PassThroughClient {
  readonly #token: () => Promise<string>;

  constructor(tokenUrl: string, key: ServiceAccountKey) {
    super();
    let token: Promise<string> | undefined;
    this.#token = () => {
      token ??= accessToken(tokenUrl, key);
      return token;
    };
  }

  override async getRequestHeaders(): Promise<Headers> {
    return new Headers({ authorization: `Bearer ${await this.#token()}` });
  }

  override async request<T>(options: Parameters<PassThroughClient['request']>[0]) {
    const headers = new Headers(options.headers as HeadersInit);
    headers.set('authorization', `Bearer ${await this.#token()}`);
    // Node's own fetch: the one that the library would load is an ES module, which jest cannot import at run time.
    return this.transporter.request<T>({ ...options, headers, fetchImplementation: fetch });
  }
}
