/** Service accounts and the public halves of their keys. The private halves are only ever in the key files given out. */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { diagnoseKey } from '#shared/media';
import type { Account } from './state.ts';

/** A service account's JSON key, field by field as Google's console gives it. */
export interface ServiceAccountKey {
  type: 'service_account';
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  auth_provider_x509_cert_url: string;
  client_x509_cert_url: string;
  universe_domain: string;
}

const GivenAccount = z.object({ client_id: z.string().optional() }).catch({});

const LEAST_KEY_BITS = 2048;

const generateRsaKey = promisify(generateKeyPair);

export interface Accounts {
  get(email: string): Account | undefined;
  createKey(email: string): Promise<ServiceAccountKey>;
  registerKey(json: unknown): Promise<boolean>;
  deleteKey(email: string, keyId: string): Promise<void>;
  deleteAccount(email: string): Promise<void>;
  setDisabled(email: string, isDisabled: boolean): Promise<void>;
  /** Of an enabled account: the key with this id, or all when none is named. */
  publicKeysOf(email: string, keyId?: string): KeyObject[];
}

/** @param save - stores the accounts after each change, before the change is answered */
export function accountsOf(known: Account[], save: (accounts: Account[]) => Promise<void>): Accounts {
  const accounts = new Map(known.map((account) => [account.email, account]));

  async function keep(email: string, clientId: string | undefined, keyId: string, publicKey: KeyObject) {
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const account = accounts.get(email) ?? { email, clientId: clientId ?? numericIdOf(email), isDisabled: false, keys: [] };
    accounts.set(email, { ...account, keys: [...account.keys.filter((key) => key.keyId !== keyId), { keyId, publicKeyPem }] });
    await save([...accounts.values()]);
  }

  async function change(email: string, make: (account: Account) => Account) {
    const account = accounts.get(email);
    if (!account) return;
    accounts.set(email, make(account));
    await save([...accounts.values()]);
  }

  return {
    get: (email) => accounts.get(email),

    async createKey(email) {
      const { privateKey, publicKey } = await generateRsaKey('rsa', { modulusLength: LEAST_KEY_BITS });
      const key = keyFile(email, privateKey, accounts.get(email)?.clientId ?? numericIdOf(email));
      await keep(email, key.client_id, key.private_key_id, publicKey);
      return key;
    },

    async registerKey(json) {
      // By the service's own reading, so that whatever the service can use is known here.
      const diagnosis = diagnoseKey(typeof json === 'string' ? json : JSON.stringify(json ?? null));
      if (!diagnosis.isSound) return false;
      const { clientEmail, keyId, privateKey } = diagnosis.key;
      await keep(clientEmail, GivenAccount.parse(json).client_id, keyId, createPublicKey(privateKey));
      return true;
    },

    deleteKey: (email, keyId) => change(email, (account) => ({ ...account, keys: account.keys.filter((key) => key.keyId !== keyId) })),

    async deleteAccount(email) {
      accounts.delete(email);
      await save([...accounts.values()]);
    },

    setDisabled: (email, isDisabled) => change(email, (account) => ({ ...account, isDisabled })),

    publicKeysOf: (email, keyId) => publicKeysOf(accounts.get(email), keyId),
  };
}

function publicKeysOf(account: Account | undefined, keyId: string | undefined): KeyObject[] {
  if (!account || account.isDisabled) return [];
  const keys = account.keys.filter((key) => keyId === undefined || key.keyId === keyId);
  return keys.map((key) => createPublicKey(key.publicKeyPem));
}

function keyFile(email: string, privateKey: KeyObject, clientId: string): ServiceAccountKey {
  return {
    type: 'service_account',
    project_id: /@(.+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1] ?? 'sori-local',
    private_key_id: randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: email,
    client_id: clientId,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
    universe_domain: 'googleapis.com',
  };
}

/** 21 digits, always the same for an e-mail: Google's unique ids of accounts look so. */
export function numericIdOf(email: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(email).digest('hex')}`).toString();
  return `1${digits.slice(0, 20)}`;
}
