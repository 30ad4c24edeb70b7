/** Accounts in a backup: whole, sealed, and taken back as they were. Firebase Auth's administration is stood in for. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccountSource, AccountsRefused, accountsAt, isRedacted } from '../../../shared/backups/accountRecords.ts';
import { seal, unseal } from '../../../shared/backups/seal.ts';

const HASH_CONFIG = { algorithm: 'SCRYPT', signerKey: 'c2lnbmVy', saltSeparator: 'Bw==', rounds: 8, memoryCost: 14 };
const PASSWORD = { providerId: 'password' };
const MINA = {
  localId: 'mina',
  email: 'mina@sori.example',
  passwordHash: 'aGFzaA==',
  salt: 'c2FsdA==',
  providerUserInfo: [PASSWORD],
  validSince: '17',
};
const JUNHO = { localId: 'junho', providerUserInfo: [{ providerId: 'google.com', rawId: '42' }], customAttributes: '{"a":1}' };

interface Asked {
  method: string;
  path: string;
  authorization: string;
  body: unknown;
}

let server: Server;
let accounts: AccountSource;
let asked: Asked[] = [];
let answers: Record<string, { status: number; body: object }> = {};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
      const body = await bodyOf(request);
      asked.push({ method: request.method ?? '', path: pathname, authorization: request.headers.authorization ?? '', body });
      const page = searchParams.get('nextPageToken') ?? '';
      const { status, body: answer } = answers[`${pathname}${page}`] ?? { status: 200, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  accounts = accountsAt({ projectId: 'demo-sori', base, accessToken: () => Promise.resolve('token-of-the-function'), isEmulator: false });
});

afterEach(() => {
  asked = [];
  answers = {};
});

afterAll(() => void server.close());

describe('accounts', () => {
  it('come whole and page by page, in the name of the function’s own account', async () => {
    answers['/v1/projects/demo-sori/accounts:batchGet'] = { status: 200, body: { users: [MINA], nextPageToken: 'p2' } };
    answers['/v1/projects/demo-sori/accounts:batchGetp2'] = { status: 200, body: { users: [JUNHO] } };
    expect(await accounts.readPage(null)).toEqual({ users: [MINA], next: 'p2' });
    expect(await accounts.readPage('p2')).toEqual({ users: [JUNHO], next: null });
    expect(asked.map(({ authorization }) => authorization)).toEqual(Array(2).fill('Bearer token-of-the-function'));
  });

  it('are taken back with the parameters of their hashes, and their sessions are as old as they were', async () => {
    answers['/v1/projects/demo-sori/accounts:batchCreate'] = { status: 200, body: {} };
    await accounts.bringBack([MINA, JUNHO], HASH_CONFIG, true);
    const { algorithm: hashAlgorithm, ...parameters } = HASH_CONFIG;
    expect(asked.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        ...{ method: 'POST', path: '/v1/projects/demo-sori/accounts:batchCreate' },
        body: { users: [MINA, JUNHO], allowOverwrite: true, hashAlgorithm, ...parameters },
      },
      { method: 'POST', path: '/v1/projects/demo-sori/accounts:update', body: { localId: 'mina', validSince: '17' } },
    ]);
  });

  it('that are there already are known by uid or by address, and nothing is written over unless it is said', async () => {
    const other = { localId: 'other', email: 'Mina@sori.example' };
    answers['/v1/projects/demo-sori/accounts:lookup'] = { status: 200, body: { users: [JUNHO, other] } };
    const { uids, byEmail } = await accounts.findTaken([MINA, JUNHO]);
    expect([uids.has('junho'), uids.has('mina'), [...byEmail]]).toEqual([true, false, ['mina']]);
    expect(asked[0]?.body).toEqual({ localId: ['mina', 'junho'], email: ['mina@sori.example'] });
    await accounts.bringBack([MINA], HASH_CONFIG, false);
    expect(asked[1]?.body).toMatchObject({ allowOverwrite: false });
  });

  it('that are not taken back are an error that names nobody', async () => {
    const error = [{ index: 0, message: 'internal' }];
    answers['/v1/projects/demo-sori/accounts:batchCreate'] = { status: 200, body: { error } };
    await expect(accounts.bringBack([MINA], HASH_CONFIG, true)).rejects.toThrow(
      'Firebase Auth did not take 1 accounts back, the first: internal',
    );
  });

  it('count as redacted when their hash is, or is missing where there is a password', () => {
    const { passwordHash: _, ...without } = MINA;
    expect([MINA, JUNHO, without, { ...MINA, passwordHash: 'UkVEQUNURUQ=' }].map(isRedacted)).toEqual([false, false, true, true]);
  });
});

describe('the parameters of password hashes', () => {
  it('come from the project, or are refused when the account may not read them', async () => {
    const path = '/admin/v2/projects/demo-sori/config';
    answers[path] = { status: 200, body: { signIn: { hashConfig: HASH_CONFIG } } };
    expect(await accounts.readHashConfig()).toEqual(HASH_CONFIG);
    answers[path] = { status: 200, body: { signIn: {} } };
    await expect(accounts.readHashConfig()).rejects.toThrow(AccountsRefused);
    answers[path] = { status: 403, body: { error: { message: 'mina@sori.example' } } };
    await expect(accounts.readHashConfig()).rejects.toThrow(new AccountsRefused('Firebase Auth answered 403'));
  });
});

describe('a sealed object', () => {
  const secret = 'x'.repeat(64);
  const sealed = seal(Buffer.from('mina@sori.example'), 'accounts/1', secret);

  it('is opened with its secret and under its name, and by nothing else', () => {
    expect(unseal(sealed, 'accounts/1', secret).toString()).toBe('mina@sori.example');
    expect(sealed.toString('latin1')).not.toContain('mina');
    expect(() => unseal(sealed, 'accounts/2', secret)).toThrow();
    expect(() => unseal(sealed, 'accounts/1', 'y'.repeat(64))).toThrow();
    expect(() => unseal(Buffer.from('short'), 'accounts/1', secret)).toThrow('not sealed by this service');
  });

  it('that was changed in any byte is not opened', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = changed[at]! ^ 1;
      expect(() => unseal(changed, 'accounts/1', secret)).toThrow();
    }
  });
});
