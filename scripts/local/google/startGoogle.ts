/**
 * The part of Google that says who is who, as a local server: service accounts and their keys, access tokens,
 * and the certificates behind its signatures.
 *
 * Everything it knows stands in one file of its directory and survives a restart.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '#shared/runtime';
import { accessTokensWith, type Bearer } from './accessTokens.ts';
import { type Accounts, accountsOf, numericIdOf, type ServiceAccountKey } from './accounts.ts';
import { answerTokenRequest } from './answerTokenRequest.ts';
import { closeServer, listen } from './listen.ts';
import { forgetOwnAddress, recordOwnAddress } from './ownAddress.ts';
import { createSigningKey, signerWith } from './signing.ts';
import { loadState, type SigningKey, type State, saveState } from './state.ts';
import { createTurns } from './turns.ts';

export interface LocalGoogle {
  url: string;
  /** Where service accounts exchange a signed assertion for an access token: `GOOGLE_TOKEN_URL`. */
  tokenUrl: string;
  /** The origin under which the certificates stand at Google's own paths: `GOOGLE_CERTS_URL`. */
  certsUrl: string;
  createServiceAccountKey(email: string): Promise<ServiceAccountKey>;
  /** Makes a key known that was made elsewhere, as text or parsed. @returns whether it is sound; an unsound one changes nothing */
  registerKey(json: unknown): Promise<boolean>;
  /** Nothing signed with it is taken from now on; access tokens that were given out go on. */
  deleteKey(email: string, keyId: string): Promise<void>;
  /** Ends the account with all its keys and tokens. */
  deleteAccount(email: string): Promise<void>;
  /** Ends an account's tokens, keys and signatures at once. */
  disableAccount(email: string): Promise<void>;
  enableAccount(email: string): Promise<void>;
  /** Who bears an access token, unless the token has ended or the account is disabled or gone. */
  verifyAccessToken(token: string): Promise<Bearer | undefined>;
  /** Of an enabled account: the key with this id, else its newest. */
  publicKeyOf(email: string, keyId?: string): KeyObject | undefined;
  /** Of an enabled account: all keys. A signed URL names the account, not the key. */
  publicKeysOf(email: string): KeyObject[];
  /** What Cloud Scheduler and Cloud Run send: signed under `/oauth2/v1/certs`, 1 h. */
  mintOidcToken(wish: OidcWish): Promise<string>;
  /** Claims exactly as given, signed as Firebase Auth signs ID tokens, under the securetoken certificate. For tests. */
  mintIdToken(claims: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

interface OidcWish {
  audience: string;
  /** Of the service account that the token speaks for. */
  email: string;
}

interface GoogleOptions {
  directory: string;
  port?: number;
  clock?: Clock;
}

const SECURETOKEN_CERTS_PATH = '/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';
const OAUTH2_CERTS_PATH = '/oauth2/v1/certs';
const CERTS_MAX_AGE_S = 6 * 3600; // about what Google says
const LARGEST_FORM_BYTES = 64 * 1024;

export async function startGoogle({ directory, port = 0, clock = systemClock }: GoogleOptions): Promise<LocalGoogle> {
  await mkdir(directory, { recursive: true });
  const state = (await loadState(directory)) ?? (await createState(directory, clock.now()));
  const saves = createTurns();
  const accounts = accountsOf(state.accounts, (changed) => saves.run('state', () => saveState(directory, { ...state, accounts: changed })));
  const accessTokens = accessTokensWith(state.accessTokenSecret);
  const signAsOauth2 = signerWith(state.signing.oauth2);
  const signAsFirebase = signerWith(state.signing.securetoken);
  const mintOidcToken = (wish: OidcWish) => Promise.resolve(signAsOauth2(oidcClaims(wish, accounts, clock.now())));

  const server = createServer();
  const url = await listen(server, port);
  await recordOwnAddress(directory, url);
  const tokenUrl = `${url}/token`;
  server.on('request', (request, response) => {
    const exchange = (form: URLSearchParams) =>
      answerTokenRequest(form, { accounts, accessTokens, mintOidcToken, tokenUrl, nowMs: clock.now() });
    answer(request, response, state.signing, exchange).catch(() => response.destroy());
  });

  return {
    url,
    tokenUrl,
    certsUrl: url,
    createServiceAccountKey: accounts.createKey,
    registerKey: accounts.registerKey,
    deleteKey: accounts.deleteKey,
    deleteAccount: accounts.deleteAccount,
    disableAccount: (email) => accounts.setDisabled(email, true),
    enableAccount: (email) => accounts.setDisabled(email, false),
    verifyAccessToken(token) {
      const read = accessTokens.read(token, clock.now());
      const isEnabled = read !== undefined && accounts.get(read.email)?.isDisabled === false;
      return Promise.resolve(isEnabled ? read : undefined);
    },
    publicKeyOf: (email, keyId) => accounts.publicKeysOf(email, keyId).at(-1),
    publicKeysOf: (email) => accounts.publicKeysOf(email),
    mintOidcToken,
    mintIdToken: (claims) => Promise.resolve(signAsFirebase(claims)),
    async close() {
      await closeServer(server);
      await saves.settled();
      forgetOwnAddress(directory);
    },
  };
}

type Exchange = (form: URLSearchParams) => Promise<{ status: number; body: object }>;

async function answer(request: IncomingMessage, response: ServerResponse, signing: State['signing'], exchange: Exchange): Promise<void> {
  const path = decodeURIComponent((request.url ?? '/').replace(/\?.*$/, ''));
  if (request.method === 'GET' && path === SECURETOKEN_CERTS_PATH) return sendCertificates(response, signing.securetoken);
  if (request.method === 'GET' && path === OAUTH2_CERTS_PATH) return sendCertificates(response, signing.oauth2);
  if (request.method !== 'POST' || path !== '/token') return sendJson(response, 404, { error: 'not_found' });
  const { status, body } = await exchange(new URLSearchParams(await readForm(request)));
  sendJson(response, status, body, { 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate' });
}

function oidcClaims({ audience, email }: OidcWish, accounts: Accounts, nowMs: number): Record<string, unknown> {
  const iat = Math.floor(nowMs / 1000);
  const sub = accounts.get(email)?.clientId ?? numericIdOf(email);
  return { iss: 'https://accounts.google.com', aud: audience, azp: sub, sub, email, email_verified: true, iat, exp: iat + 3600 };
}

async function createState(directory: string, nowMs: number): Promise<State> {
  const [securetoken, oauth2] = await Promise.all([
    createSigningKey('securetoken.system.gserviceaccount.com', nowMs),
    createSigningKey('federated-signon.system.gserviceaccount.com', nowMs),
  ]);
  const state: State = { accounts: [], signing: { securetoken, oauth2 }, accessTokenSecret: randomBytes(32).toString('hex') };
  await saveState(directory, state);
  return state;
}

async function readForm(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > LARGEST_FORM_BYTES) throw new Error('form too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function sendCertificates(response: ServerResponse, { keyId, certificatePem }: SigningKey): void {
  sendJson(
    response,
    200,
    { [keyId]: certificatePem },
    { 'cache-control': `public, max-age=${CERTS_MAX_AGE_S}, must-revalidate, no-transform` },
  );
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
  response.end(JSON.stringify(body));
}
