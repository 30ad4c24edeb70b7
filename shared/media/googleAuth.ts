/** Two ways to speak as a service account, both in the form that the storage client takes. Heavy: loaded only with the client. */
import { createHash } from 'node:crypto';
import { type CredentialBody, GoogleAuth, PassThroughClient } from 'google-auth-library';
import { LRUCache } from 'lru-cache';
import type { Credentials } from './credentials.ts';

type RequestOptions = Parameters<PassThroughClient['request']>[0];

/** Speaks with a given key. */
export function createKeyAuth(credentials: Credentials, projectId: string): GoogleAuth {
  return new KeyAuth(credentials, projectId);
}

/** Application default credentials; on Google Cloud, the function's own account, which signs through IAM. */
export function createDefaultAuth(projectId: string): GoogleAuth {
  return new DefaultAuth({ projectId, scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
}

let ownAuth: GoogleAuth | undefined;

/** A token of the account that this process runs as, kept by the library until shortly before its end. */
export async function defaultAccessToken(): Promise<string> {
  ownAuth ??= new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
  const token = await ownAuth.getAccessToken();
  if (!token) throw new Error('application default credentials gave no token');
  return token;
}

/** Puts the token on requests. The library's JWT client would do it too, but asks a fixed address and keeps its key for ever. */
class KeyClient extends PassThroughClient {
  private readonly tokens: Credentials;

  constructor(tokens: Credentials) {
    super();
    this.tokens = tokens;
  }

  override async getRequestHeaders(): Promise<Headers> {
    return new Headers({ authorization: `Bearer ${await this.tokens.accessToken()}` });
  }

  override async request<T>(options: RequestOptions) {
    const headers = new Headers(options.headers);
    for (const [name, value] of await this.getRequestHeaders()) headers.set(name, value);
    return super.request<T>({ ...options, headers });
  }
}

class KeyAuth extends GoogleAuth {
  private readonly keyCredentials: Credentials;

  constructor(credentials: Credentials, projectId: string) {
    super({ authClient: new KeyClient(credentials), projectId });
    this.keyCredentials = credentials;
  }

  override sign(data: string): Promise<string> {
    return this.keyCredentials.sign(data);
  }

  override getCredentials(): Promise<CredentialBody>;
  override getCredentials(callback: (error: Error | null, credentials?: CredentialBody) => void): void;
  override getCredentials(callback?: (error: Error | null, credentials?: CredentialBody) => void): Promise<CredentialBody> | undefined {
    const credentials = this.keyCredentials.clientEmail().then((email) => ({ client_email: email }));
    if (!callback) return credentials;
    credentials.then((found) => callback(null, found), callback);
    return undefined;
  }
}

/** What is signed is the same all hour long (`signReadUrl`), so an instance asks IAM once an hour for each object. */
class DefaultAuth extends GoogleAuth {
  private readonly signatures = new LRUCache<string, Promise<string>>({ max: 2000, ttl: 60 * 60 * 1000 });

  override sign(data: string, endpoint?: string): Promise<string> {
    const key = createHash('sha256').update(data).digest('base64');
    const known = this.signatures.get(key);
    if (known) return known;
    const signature = super.sign(data, endpoint);
    this.signatures.set(key, signature);
    signature.catch(() => this.signatures.delete(key));
    return signature;
  }
}
