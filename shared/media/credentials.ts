/**
 * Access tokens from a service account's key, by an exchange of our own: the client library's goes to a fixed address and reads
 * the key once, while ours may break and be repaired under a running process.
 */
import { sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { type Clock, type HttpAnswer, HttpFailure, log, send, systemClock } from '#shared/runtime';
import { diagnoseKey, type KeyDiagnosis, type ServiceKey } from './diagnoseKey.ts';
import type { KeyFault } from './keyFaults.ts';
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
const Refused = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/), error_description: z.string().catch('') });

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
  const refused = Refused.safeParse(answer.data).data;
  if (answer.status >= 500 || answer.status === 429) throw unavailable(`status ${answer.status}`);
  keys.distrust();
  throw MediaFault.ofKey(refusalOf(answer, refused, clock.now()));
}

/** The token endpoint tells faults apart only by its texts. A deleted key, a disabled one and one of another account read the same. */
function refusalOf({ status, headers }: HttpAnswer, refused: z.output<typeof Refused> | undefined, now: number): KeyFault {
  const text = refused?.error_description ?? '';
  if (/signature/i.test(text)) return { code: 'signature_refused' };
  if (/disabled/i.test(text)) return { code: 'account_disabled' };
  if (/account not found/i.test(text)) return { code: 'account_unknown' };
  if (/timeframe|\biat\b/i.test(text)) return { code: 'clock_skew', facts: { minutes: minutesApart(headers['date'], now) } };
  return { code: 'exchange_refused', facts: { reason: refused?.error ?? `status ${status}` } };
}

function minutesApart(theirs: string | undefined, now: number): string {
  const minutes = Math.round(Math.abs(Date.parse(theirs ?? '') - now) / 60_000);
  return minutes > 0 ? String(minutes) : 'some';
}

async function ask(assertion: string, url: string): Promise<HttpAnswer> {
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  try {
    return await send({ method: 'POST', url, body, timeoutMs: EXCHANGE_LIMIT_MS, maxBytes: 64 * 1024 });
  } catch (error) {
    throw unavailable(error instanceof HttpFailure ? error.code : 'UNKNOWN');
  }
}

function unavailable(reason: string): MediaFault {
  return MediaFault.ofKey({ code: 'exchange_unavailable', facts: { reason } });
}

/** @see RFC 7523, 3; https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
function assertionOf({ clientEmail, keyId, privateKey }: ServiceKey, now: number): string {
  const iat = Math.floor(now / 1000);
  const claims = { iss: clientEmail, scope: SCOPE, aud: GOOGLE_TOKEN_URL, iat, exp: iat + ASSERTION_LIFE_S };
  return jwt.sign(claims, privateKey, { algorithm: 'RS256', keyid: keyId });
}

/** Where the key comes from. It can break and be repaired at any time, so nobody keeps what it gives. */
export interface KeySource {
  /** The same object as long as the key is the same. @throws {MediaFault} `unavailable`, with its `keyFault` */
  current(): Promise<ServiceKey>;
  /** The key was refused: read it anew at the next use. */
  distrust(): void;
  /** Reads the key anew and says what is wrong with it. Nobody is asked whether the key is known. */
  diagnose(): Promise<KeyDiagnosis>;
}

interface KeySourceOptions {
  clock?: Clock;
  /** A key that works is read again after this time. @default 5 minutes */
  lifeMs?: number;
}

const WORKING_LIFE_MS = 5 * 60 * 1000;
/** So long the last key that worked goes on when the place where it stands does not answer. */
const RETRY_MS = 30_000;

interface KnownKey {
  text: string;
  diagnosis: Extract<KeyDiagnosis, { isSound: true }>;
  goodUntilMs: number;
  isTrusted: boolean;
}

/**
 * Reads a key again and again: every 5 minutes while it works, at every use while it fails.
 *
 * @param read - gives the text of the JSON key, within a time limit of its own. @throws {MediaFault} with its `keyFault`
 */
export function createKeySource(
  read: () => Promise<string>,
  { clock = systemClock, lifeMs = WORKING_LIFE_MS }: KeySourceOptions = {},
): KeySource {
  let known: KnownKey | undefined;
  let reading: Promise<KeyDiagnosis> | undefined;

  function diagnose(): Promise<KeyDiagnosis> {
    if (reading) return reading;
    const own = readAnew(read, known, clock, lifeMs).then(({ diagnosis, after }) => {
      if (reading !== own) return diagnosis; // distrusted meanwhile: what was read may be older than the doubt
      known = after;
      reading = undefined;
      return diagnosis;
    });
    reading = own;
    return own;
  }

  return {
    async current() {
      const isFresh = known?.isTrusted && clock.monotonicMs() < known.goodUntilMs;
      const diagnosis = isFresh && known ? known.diagnosis : await diagnose();
      if (!diagnosis.isSound) throw MediaFault.ofKey(diagnosis.fault);
      return diagnosis.key;
    },
    distrust() {
      if (known) known = { ...known, isTrusted: false };
      reading = undefined;
    },
    diagnose,
  };
}

interface Reading {
  diagnosis: KeyDiagnosis;
  /** What is known from now on. */
  after: KnownKey | undefined;
}

async function readAnew(read: () => Promise<string>, before: KnownKey | undefined, clock: Clock, lifeMs: number): Promise<Reading> {
  const doubted = before && { ...before, isTrusted: false };
  try {
    const text = await read();
    const diagnosis = before?.text === text ? before.diagnosis : diagnoseKey(text);
    if (!diagnosis.isSound) return { diagnosis, after: doubted };
    if (diagnosis !== before?.diagnosis && diagnosis.repairs.length > 0) log.warn('storage_key_repaired', { repairs: diagnosis.repairs });
    return { diagnosis, after: { text, diagnosis, goodUntilMs: clock.monotonicMs() + lifeMs, isTrusted: true } };
  } catch (error) {
    const named = error instanceof MediaFault ? error.keyFault : undefined;
    if (!named) log.error('storage_key_not_read', { name: (error as Error).name }); // its text could quote the key
    const fault: KeyFault = named ?? { code: 'unreadable' };
    const goesOn = before?.isTrusted && fault.code === 'secret_unavailable';
    if (goesOn) return { diagnosis: before.diagnosis, after: { ...before, goodUntilMs: clock.monotonicMs() + RETRY_MS } };
    return { diagnosis: { isSound: false, fault, repairs: [] }, after: doubted };
  }
}

const FILE_LIMIT_MS = 5_000;

/** The text of a key file. @throws {MediaFault} with its `keyFault` */
export async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal: AbortSignal.timeout(FILE_LIMIT_MS) });
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw MediaFault.ofKey({ code: isMissing ? 'missing' : 'unreadable' });
  }
}
