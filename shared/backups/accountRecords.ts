/**
 * The accounts of Firebase Auth, as its administration shows and takes them: whole, with password hashes and salts. The Admin SDK would leave
 * out what it does not know, and an account that is brought back has to be the same.
 *
 * @see https://cloud.google.com/identity-platform/docs/reference/rest/v1/projects.accounts/batchGet and …/batchCreate
 */
import { z } from 'zod';
import { ownAccessToken } from '#shared/media';
import { config, send } from '#shared/runtime';

const PAGE_COUNT = 500;
const UPLOAD_COUNT = 200;
const LIMIT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;
/** What an account has in place of its hash, for callers who may not see hashes: "REDACTED" in base64. */
const REDACTED = 'UkVEQUNURUQ=';

export const Account = z.looseObject({
  localId: z.string(),
  passwordHash: z.string().optional(),
  validSince: z.string().optional(),
  providerUserInfo: z.array(z.looseObject({ providerId: z.string() })).optional(),
});
export type Account = z.output<typeof Account>;

/** How passwords were hashed; only Google's own form of scrypt is made there. */
export const HashConfig = z.looseObject({
  algorithm: z.string(),
  signerKey: z.string(),
  saltSeparator: z.string(),
  rounds: z.number(),
  memoryCost: z.number(),
});
export type HashConfig = z.output<typeof HashConfig>;

const Page = z.object({ users: z.array(Account).default([]), nextPageToken: z.string().optional() });
const Project = z.object({ signIn: z.object({ hashConfig: HashConfig.optional() }).optional() });
const Uploaded = z.object({ error: z.array(z.object({ index: z.number().default(0), message: z.string() })).default([]) });

/** Auth's administration of a project. */
export interface AccountSource {
  /** Undefined: it does not hash as Google does, as the emulator. */
  readHashConfig(): Promise<HashConfig | undefined>;
  pages(): AsyncGenerator<Account[]>;
  /** An account of the same uid is replaced. */
  bringBack(accounts: Account[], hashConfig: HashConfig | undefined): Promise<void>;
}

export interface AuthAddress {
  projectId: string;
  /** Without a slash at the end. */
  base: string;
  /** The emulator's owner has a fixed one. */
  accessToken: () => Promise<string>;
  /** The emulator keeps passwords in a form of its own, and has no parameters. */
  isEmulator: boolean;
}

export class AccountsRefused extends Error {
  override name = 'AccountsRefused';
}

/** Of this process's project. */
export function ownAccounts(): AccountSource {
  const { GOOGLE_CLOUD_PROJECT: projectId, FIREBASE_AUTH_EMULATOR_HOST: emulator } = config();
  if (!emulator)
    return accountsAt({ projectId, base: 'https://identitytoolkit.googleapis.com', accessToken: ownAccessToken, isEmulator: false });
  const base = `http://${emulator}/identitytoolkit.googleapis.com`;
  return accountsAt({ projectId, base, accessToken: () => Promise.resolve('owner'), isEmulator: true });
}

export function accountsAt(address: AuthAddress): AccountSource {
  const { projectId, isEmulator } = address;
  const project = `projects/${projectId}`;
  return {
    async readHashConfig() {
      if (isEmulator) return undefined;
      const { signIn } = Project.parse(await ask(address, 'GET', `admin/v2/${project}/config`));
      if (!signIn?.hashConfig)
        throw new AccountsRefused('the account may not read the hash parameters (firebaseauth.configs.getHashConfig)');
      return signIn.hashConfig;
    },
    async *pages() {
      let nextPageToken: string | undefined;
      do {
        const query = { maxResults: PAGE_COUNT, ...(nextPageToken ? { nextPageToken } : {}) };
        const page = Page.parse(await ask(address, 'GET', `v1/${project}/accounts:batchGet`, { query }));
        yield page.users;
        nextPageToken = page.nextPageToken;
      } while (nextPageToken);
    },
    async bringBack(accounts, hashConfig) {
      for (let at = 0; at < accounts.length; at += UPLOAD_COUNT) {
        await upload(address, accounts.slice(at, at + UPLOAD_COUNT), hashConfig);
      }
    },
  };
}

/** Whether somebody could not sign in any more after he was brought back from this record. */
export function isRedacted({ passwordHash, providerUserInfo = [] }: Account): boolean {
  const hasPassword = providerUserInfo.some(({ providerId }) => providerId === 'password');
  return passwordHash === REDACTED || (hasPassword && passwordHash === undefined);
}

async function upload(address: AuthAddress, users: Account[], hashConfig: HashConfig | undefined): Promise<void> {
  const path = `v1/projects/${address.projectId}/accounts`;
  const { error } = Uploaded.parse(
    await ask(address, 'POST', `${path}:batchCreate`, { body: { users, allowOverwrite: true, ...parametersOf(hashConfig) } }),
  );
  if (error[0]) throw new Error(`Firebase Auth did not take ${error.length} accounts back, the first: ${error[0].message}`);
  // Taking an account back ends its sessions, as if they had been revoked now. They are as old as the backup says.
  for (const { localId, validSince } of users) {
    if (validSince !== undefined) await ask(address, 'POST', `${path}:update`, { body: { localId, validSince } });
  }
}

/** Auth's scrypt is a form of its own, which the API names SCRYPT. */
function parametersOf(hashConfig: HashConfig | undefined): object {
  if (!hashConfig) return {};
  const { algorithm: hashAlgorithm, signerKey, saltSeparator, rounds, memoryCost } = hashConfig;
  return { hashAlgorithm, signerKey, saltSeparator, rounds, memoryCost };
}

async function ask(
  { base, accessToken, projectId }: AuthAddress,
  method: 'GET' | 'POST',
  path: string,
  { query, body }: { query?: Record<string, string | number>; body?: object } = {},
): Promise<unknown> {
  const { status, data } = await send({
    method,
    url: `${base}/${path}`,
    headers: { authorization: `Bearer ${await accessToken()}`, 'x-goog-user-project': projectId },
    ...(query ? { query } : {}),
    ...(body ? { body } : {}),
    timeoutMs: LIMIT_MS,
    maxBytes: LARGEST_ANSWER_BYTES,
  });
  if (status === 200) return data;
  const text = `Firebase Auth answered ${status}`; // its own text may name accounts
  throw status === 401 || status === 403 ? new AccountsRefused(text) : new Error(text);
}
