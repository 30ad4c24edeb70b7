/**
 * Access tokens from a service account's key, by an exchange of our own: the client library's goes to a fixed address and reads
 * the key once, while ours may break and be repaired under a running process.
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { type Clock, type HttpAnswer, send, systemClock } from '#shared/runtime';
import { MediaFault } from './port.ts';

export interface Credentials {
  /** A bearer token that holds for 5 minutes more. @throws {MediaFault} `unavailable`: the key's fault, or nobody answers */
  accessToken(): Promise<string>;
  /** The storage refused the token: get another, with the key as it is now. */
  distrust(): void;
  /** RSA-SHA256 with the key, base64; for signed URLs. */
  sign(blob: string): Promise<string>;
  clientEmail(): Promise<string>;
}

const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token';
const SCOPE = 'https://www.googleapis.com/auth/devstorage.full_control';
const ASSERTION_LIFE_S = 60 * 60; // the longest that Google takes
const RENEW_BEFORE_END_MS = 5 * 60 * 1000;
const EXCHANGE_LIMIT_MS = 10_000;

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
/** OAuth's error codes are fixed words (RFC 6749, 5.2); the description beside them may name accounts, and stays out. */
const Refused = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

interface Token {
  key: ServiceKey;
  value: string;
  renewAtMs: number;
}

/** @param tokenUrl - where to exchange, when that is not Google's own address */
export function createCredentials(keys: KeySource, clock: Clock, tokenUrl = GOOGLE_TOKEN_URL): Credentials {
  let token: Token | undefined;
  let exchanging: { key: ServiceKey; result: Promise<Token> } | undefined;

  async function renewed(key: ServiceKey): Promise<Token> {
    if (exchanging?.key === key) return exchanging.result;
    const result = exchange(key, keys, clock, tokenUrl);
    exchanging = { key, result };
    try {
      token = await result;
      return token;
    } finally {
      if (exchanging?.result === result) exchanging = undefined;
    }
  }

  return {
    async accessToken() {
      const key = await keys.current();
      const isFresh = token?.key === key && clock.monotonicMs() < token.renewAtMs;
      return isFresh && token ? token.value : (await renewed(key)).value;
    },
    distrust() {
      token = undefined;
      keys.distrust();
    },
    async sign(blob) {
      const { privateKey } = await keys.current();
      return sign('RSA-SHA256', Buffer.from(blob), privateKey).toString('base64');
    },
    async clientEmail() {
      return (await keys.current()).clientEmail;
    },
  };
}

async function exchange(key: ServiceKey, keys: KeySource, clock: Clock, tokenUrl: string): Promise<Token> {
  const askedAtMs = clock.monotonicMs();
  const answer = await ask(assertionOf(key, clock.now()), tokenUrl);
  const granted = Granted.safeParse(answer.data);
  if (answer.status === 200 && granted.success) {
    const lifeMs = granted.data.expires_in * 1000;
    return { key, value: granted.data.access_token, renewAtMs: askedAtMs + lifeMs - RENEW_BEFORE_END_MS };
  }
  const refused = Refused.safeParse(answer.data).data?.error ?? `status ${answer.status}`;
  if (answer.status >= 500 || answer.status === 429) throw new MediaFault('unavailable', `token endpoint: ${refused}`);
  keys.distrust();
  throw new MediaFault('unavailable', `storage key: refused by the token endpoint (${refused})`);
}

async function ask(assertion: string, url: string): Promise<HttpAnswer> {
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  try {
    return await send({ method: 'POST', url, body, timeoutMs: EXCHANGE_LIMIT_MS, maxBytes: 64 * 1024 });
  } catch (error) {
    throw new MediaFault('unavailable', 'token endpoint: does not answer', error);
  }
}

/** @see RFC 7523, 3; https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
function assertionOf({ clientEmail, keyId, privateKey }: ServiceKey, now: number): string {
  const iat = Math.floor(now / 1000);
  const claims = { iss: clientEmail, scope: SCOPE, aud: GOOGLE_TOKEN_URL, iat, exp: iat + ASSERTION_LIFE_S };
  return jwt.sign(claims, privateKey, { algorithm: 'RS256', keyid: keyId });
}

/** A service account's key, ready for use. */
export interface ServiceKey {
  clientEmail: string;
  keyId: string;
  privateKey: KeyObject;
}

/** Where the key comes from. It can break and be repaired at any time, so nobody keeps what it gives. */
export interface KeySource {
  /** The same object as long as the key is the same. @throws {MediaFault} `unavailable`, naming the fault of the key in short */
  current(): Promise<ServiceKey>;
  /** The key was refused: read it anew at the next use. */
  distrust(): void;
}

const WORKING_LIFE_MS = 5 * 60 * 1000;

/**
 * Reads a key again and again: every 5 minutes while it works, at every use while it fails.
 *
 * @param read - gives the text of the JSON key; it has a time limit of its own
 */
export function createKeySource(read: () => Promise<string>, clock: Clock = systemClock): KeySource {
  let known: { text: string; key: ServiceKey; readAtMs: number } | undefined;
  let reading: Promise<ServiceKey> | undefined;

  async function readAgain(): Promise<ServiceKey> {
    const text = await read().catch((error) => {
      throw new MediaFault('unavailable', 'storage key: cannot be read', error);
    });
    const key = known?.text === text ? known.key : parseServiceKey(text);
    known = { text, key, readAtMs: clock.monotonicMs() };
    return key;
  }

  return {
    current() {
      if (known && clock.monotonicMs() - known.readAtMs < WORKING_LIFE_MS) return Promise.resolve(known.key);
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    distrust() {
      known = undefined;
    },
  };
}

const KeyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(3),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
});

/** @throws {MediaFault} `unavailable`; the message has no part of the key, and no cause: errors of parsers quote their input */
function parseServiceKey(text: string): ServiceKey {
  const file = KeyFile.safeParse(parseJson(text)).data;
  if (!file) throw new MediaFault('unavailable', 'storage key: is not the JSON key of a service account');
  return { clientEmail: file.client_email, keyId: file.private_key_id, privateKey: parsePrivateKey(file.private_key) };
}

function parsePrivateKey(pem: string): KeyObject {
  const unreadable = new MediaFault('unavailable', `storage key: its private key (${pem.length} characters) cannot be read`);
  const key = attempt(() => createPrivateKey(pem));
  if (!key) throw unreadable;
  if (key.asymmetricKeyType !== 'rsa') throw new MediaFault('unavailable', 'storage key: its private key is not an RSA key');
  return key;
}

function parseJson(text: string): unknown {
  return attempt(() => JSON.parse(text));
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
