import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { type LocalGoogle, type ServiceAccountKey, startGoogle } from '../../scripts/local/google/index.ts';
import { TestClock } from '../support/clock.ts';
import { accessToken, assertionForm } from '../support/storageClient.ts';

const EMAIL = 'media@sori-test.iam.gserviceaccount.com';
const STORAGE_SCOPE = 'https://www.googleapis.com/auth/devstorage.full_control';
const UNREASONABLE_TIME =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';

let directory: string;
let clock: TestClock;
let google: LocalGoogle;
let key: ServiceAccountKey;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-google-'));
  clock = new TestClock();
  google = await startGoogle({ directory, clock });
  key = await google.createServiceAccountKey(EMAIL);
});

afterAll(async () => {
  await google.close();
  await rm(directory, { recursive: true });
});

async function exchange(form: URLSearchParams): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(google.tokenUrl, { method: 'POST', body: form });
  return { status: answer.status, body: await answer.json() };
}

async function refusalOf(given: ServiceAccountKey, claims?: Record<string, unknown>): Promise<unknown> {
  const { status, body } = await exchange(assertionForm(google.tokenUrl, given, claims));
  const { error, error_description: text } = body as Record<string, unknown>;
  return { status, error, text };
}

function refused(text: string) {
  return { status: 400, error: 'invalid_grant', text };
}

describe('The local Google gives access tokens to service accounts', () => {
  it('gives one for an assertion signed with the key, for an hour', async () => {
    const { status, body } = await exchange(assertionForm(google.tokenUrl, key));
    expect({ status, body }).toEqual({ status: 200, body: { access_token: expect.any(String), expires_in: 3599, token_type: 'Bearer' } });
    const token = (body as { access_token: string }).access_token;
    expect(await google.verifyAccessToken(token)).toEqual({ email: EMAIL, scopes: [STORAGE_SCOPE] });
  });

  it('takes Google’s own address as the audience', async () => {
    expect((await exchange(assertionForm(google.tokenUrl, key, { aud: 'https://oauth2.googleapis.com/token' }))).status).toBe(200);
    expect(await refusalOf(key, { aud: 'https://elsewhere.example/token' })).toEqual(refused('Invalid JWT: Failed audience check.'));
  });

  it('refuses an assertion signed with another key of the same name', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = { ...key, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    expect(await refusalOf(forged)).toEqual(refused('Invalid JWT Signature.'));
  });

  it('refuses a key that the account does not have: another id, or a key of somebody else', async () => {
    const other = await google.createServiceAccountKey('other@sori-test.iam.gserviceaccount.com');
    expect(await refusalOf({ ...key, private_key_id: 'f'.repeat(40) })).toEqual(refused('Invalid JWT Signature.'));
    expect(await refusalOf({ ...other, client_email: EMAIL })).toEqual(refused('Invalid JWT Signature.'));
  });

  it('refuses a key from the moment it is deleted, while tokens that were given out and other keys go on', async () => {
    const email = 'rotated@sori-test.iam.gserviceaccount.com';
    const [old, fresh] = [await google.createServiceAccountKey(email), await google.createServiceAccountKey(email)];
    const token = await accessToken(google.tokenUrl, old);
    await google.deleteKey(email, old.private_key_id);
    expect(await refusalOf(old)).toEqual(refused('Invalid JWT Signature.'));
    expect(await google.verifyAccessToken(token)).toMatchObject({ email });
    expect((await exchange(assertionForm(google.tokenUrl, fresh))).status).toBe(200);
  });

  it('ends an account that is deleted with its keys and tokens', async () => {
    const email = 'deleted@sori-test.iam.gserviceaccount.com';
    const theirs = await google.createServiceAccountKey(email);
    const token = await accessToken(google.tokenUrl, theirs);
    await google.deleteAccount(email);
    expect(await refusalOf(theirs)).toEqual(refused('Invalid grant: account not found'));
    expect(await google.verifyAccessToken(token)).toBeUndefined();
  });

  it('gives a token for what was asked for, and nothing for what Google does not have', async () => {
    const scope = `${STORAGE_SCOPE} https://www.googleapis.com/auth/cloud-platform`;
    const { body } = await exchange(assertionForm(google.tokenUrl, key, { scope }));
    expect(await google.verifyAccessToken((body as { access_token: string }).access_token)).toMatchObject({ scopes: scope.split(' ') });
    for (const wrong of ['', 'https://www.example.com/auth/storage', 'storage']) {
      expect((await exchange(assertionForm(google.tokenUrl, key, { scope: wrong }))).body).toMatchObject({ error: 'invalid_scope' });
    }
  });

  it('refuses an account it does not know', async () => {
    expect(await refusalOf({ ...key, client_email: 'nobody@sori-test.iam.gserviceaccount.com' })).toEqual(
      refused('Invalid grant: account not found'),
    );
  });

  it('refuses assertions from a wrong clock, ended ones, and ones that would last too long', async () => {
    const nowS = Math.floor(clock.now() / 1000);
    const tenMinutesS = 600;
    expect(await refusalOf(key, { iat: nowS + tenMinutesS, exp: nowS + 3600 })).toEqual(refused(UNREASONABLE_TIME));
    expect(await refusalOf(key, { iat: nowS - tenMinutesS, exp: nowS + 2000 })).toEqual(refused(UNREASONABLE_TIME));
    expect(await refusalOf(key, { iat: nowS, exp: nowS + 2 * 3600 })).toEqual(refused(UNREASONABLE_TIME));
  });

  it('refuses what is no assertion', async () => {
    const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    expect((await exchange(new URLSearchParams({ grant_type: grantType, assertion: 'x' }))).body).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(new URLSearchParams({ grant_type: 'password' }))).body).toMatchObject({ error: 'unsupported_grant_type' });
  });

  it('knows its tokens for an hour, and no other', async () => {
    const token = await accessToken(google.tokenUrl, key);
    const [start, content, seal] = token.split('.');
    const invented = { email: 'other@sori.example', scopes: [STORAGE_SCOPE], expiresAtS: 9_999_999_999 };
    const other = Buffer.from(JSON.stringify(invented)).toString('base64url');
    expect(await google.verifyAccessToken(`${start}.${other}.${seal}`)).toBeUndefined();
    expect(await google.verifyAccessToken(`${start}.${content}`)).toBeUndefined();
    expect(await google.verifyAccessToken('')).toBeUndefined();

    const later = await startGoogle({ directory, clock: new TestClock(clock.now() + 3_601_000) });
    expect(await later.verifyAccessToken(token)).toBeUndefined();
    await later.close();
  });

  it('locks a disabled account out at once, and lets it in again', async () => {
    const email = 'disabled@sori-test.iam.gserviceaccount.com';
    const theirs = await google.createServiceAccountKey(email);
    const token = await accessToken(google.tokenUrl, theirs);
    await google.disableAccount(email);
    expect(await refusalOf(theirs)).toEqual(refused('Invalid grant: account disabled'));
    expect(await google.verifyAccessToken(token)).toBeUndefined();
    expect(google.publicKeyOf(email)).toBeUndefined();
    await google.enableAccount(email);
    expect(await google.verifyAccessToken(token)).toMatchObject({ email });
  });
});

describe('The local Google keeps keys of service accounts', () => {
  it('makes keys as Google’s console does', () => {
    expect({ ...key, private_key: '' }).toEqual({
      type: 'service_account',
      project_id: 'sori-test',
      private_key_id: expect.stringMatching(/^[0-9a-f]{40}$/),
      private_key: '',
      client_email: EMAIL,
      client_id: expect.stringMatching(/^\d{21}$/),
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
      auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
      client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(EMAIL)}`,
      universe_domain: 'googleapis.com',
    });
    expect(createPrivateKey(key.private_key).asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(key.private_key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('registers a key made elsewhere when the service could use it, and only then', async () => {
    const email = 'elsewhere@other-project.iam.gserviceaccount.com';
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = (type: 'pkcs1' | 'pkcs8') => privateKey.export({ type, format: 'pem' }).toString();
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const given = { type: 'service_account', client_email: email, private_key_id: 'k1', private_key: pem('pkcs8') };
    for (const private_key of [pem('pkcs8').slice(0, 69), curve, ''])
      expect(await google.registerKey({ ...given, private_key })).toBe(false);
    expect(await google.registerKey(undefined)).toBe(false);
    expect(google.publicKeyOf(email)).toBeUndefined();

    const usable = [given, { ...given, private_key: pem('pkcs1') }, JSON.stringify(given), JSON.stringify(JSON.stringify(given))];
    for (const each of usable) {
      expect(await google.registerKey(each)).toBe(true);
      expect(google.publicKeyOf(email, 'k1')?.equals(publicKey)).toBe(true);
      await google.deleteAccount(email);
    }
    await google.registerKey({ ...given, private_key: pem('pkcs8').replaceAll('\n', '\\n') });
    expect((await exchange(assertionForm(google.tokenUrl, { ...key, ...given, type: 'service_account' }))).status).toBe(200);
  });

  it('knows everything again after a restart, and keeps no private key of an account', async () => {
    const token = await accessToken(google.tokenUrl, key);
    const idToken = await google.mintIdToken({ sub: 'someone' });
    await google.close();
    google = await startGoogle({ directory, clock });
    expect(await google.verifyAccessToken(token)).toMatchObject({ email: EMAIL });
    expect((await exchange(assertionForm(google.tokenUrl, key))).status).toBe(200);
    expect(await claimsUnder(SECURETOKEN, idToken)).toEqual({ sub: 'someone' });
    const stored = await readFile(join(directory, 'google.json'), 'utf8');
    expect(stored).not.toContain(key.private_key.split('\n')[5]);
  });

  it('keeps all keys that are registered at the same moment', async () => {
    const emails = Array.from({ length: 40 }, (_, index) => `many${index}@sori-test.iam.gserviceaccount.com`);
    await Promise.all(emails.map((email) => google.registerKey({ ...key, client_email: email })));
    await google.close();
    google = await startGoogle({ directory, clock });
    expect(emails.filter((email) => google.publicKeyOf(email))).toEqual(emails);
  });
});

const SECURETOKEN = '/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';
const OAUTH2 = '/oauth2/v1/certs';

/** Verifies as a client of Google does: certificate by key id, then the signature. */
async function claimsUnder(path: string, token: string): Promise<unknown> {
  const certificates = (await (await fetch(google.certsUrl + path)).json()) as Record<string, string>;
  const certificate = certificates[jwt.decode(token, { complete: true })?.header.kid ?? ''] ?? '';
  return jwt.verify(token, createPublicKey(certificate), { algorithms: ['RS256'], clockTimestamp: Math.floor(clock.now() / 1000) });
}

describe('The local Google signs tokens that its certificates prove', () => {
  it('publishes certificates at Google’s paths, to be kept for their max-age', async () => {
    for (const path of [SECURETOKEN, OAUTH2]) {
      const answer = await fetch(google.certsUrl + path);
      expect(answer.headers.get('cache-control')).toMatch(/max-age=\d+/);
      const [pem = ''] = Object.values((await answer.json()) as Record<string, string>);
      const certificate = new X509Certificate(pem);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(certificate.subject).toMatch(/^CN=\S+\.gserviceaccount\.com$/);
      expect(certificate.validFromDate.getTime()).toBeLessThan(clock.now());
      expect(certificate.validToDate.getTime()).toBeGreaterThan(clock.now() + 365 * 24 * 3_600_000);
    }
  });

  it('mints OIDC tokens as Cloud Scheduler sends them', async () => {
    const token = await google.mintOidcToken({ audience: 'https://sori.example/advance', email: EMAIL });
    const iat = Math.floor(clock.now() / 1000);
    expect(await claimsUnder(OAUTH2, token)).toEqual({
      iss: 'https://accounts.google.com',
      aud: 'https://sori.example/advance',
      azp: key.client_id,
      sub: key.client_id,
      email: EMAIL,
      email_verified: true,
      iat,
      exp: iat + 3600,
    });
    await expect(claimsUnder(SECURETOKEN, token)).rejects.toThrow();
  });

  it('mints ID tokens with exactly the claims that a test gives', async () => {
    expect(await claimsUnder(SECURETOKEN, await google.mintIdToken({ sub: 'uid', iat: 5 }))).toEqual({ sub: 'uid', iat: 5 });
  });

  it('gives an identity token to a service account that names its audience', async () => {
    const { body } = await exchange(assertionForm(google.tokenUrl, key, { target_audience: 'https://sori.example' }));
    const claims = await claimsUnder(OAUTH2, (body as { id_token: string }).id_token);
    expect(claims).toMatchObject({ aud: 'https://sori.example', email: EMAIL });
  });
});
