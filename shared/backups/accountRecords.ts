/**
 * The accounts of Firebase Auth, as its administration shows and takes them: whole, with password hashes and salts. The Admin SDK would leave
 * out what it does not know, and an account that is brought back has to be the same.
 *
 * @see https://cloud.google.com/identity-platform/docs/reference/rest/v1/projects.accounts/batchGet and …/batchCreate
 */
import { z } from 'zod';
import { ownAccessToken } from '#shared/media';
import { config, inParallel, send } from '#shared/runtime';

/** The most that Auth gives. */
const PAGE_COUNT = 1_000;
const UPLOAD_COUNT = 200;
const AT_ONCE = 8;
/** Auth looks up 100 names in one call; an account has two. */
const LOOKUP_COUNT = 50;
const LIMIT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;
/** What an account has in place of its hash, for callers who may not see hashes: "REDACTED" in base64. */
const REDACTED = 'UkVEQUNURUQ=';

export const Account = z.looseObject({
  localId: z.string(),
  email: z.string().optional(),
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

export interface AccountsPage {
  users: Account[];
  /** Where the next begins; null: there is none. */
  next: string | null;
}

/** Auth's administration of a project. */
export interface AccountSource {
  /** Undefined: it does not hash as Google does, as the emulator. */
  readHashConfig(): Promise<HashConfig | undefined>;
  /** @param token - where the page before has ended; null: the first. A process may go on where another stopped. */
  readPage(token: string | null): Promise<AccountsPage>;
  /** What there is already of these. */
  findTaken(accounts: Account[]): Promise<Taken>;
  /** @param isReplacing - an account of the same uid is replaced; else it is refused, and so are the others of its call */
  bringBack(accounts: Account[], hashConfig: HashConfig | undefined, isReplacing: boolean): Promise<void>;
}

export interface Taken {
  /** Those that are there. */
  uids: Set<string>;
  /** Those that are not, but whose e-mail address is another account's by now. */
  byEmail: Set<string>;
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
    async readPage(token) {
      const query = { maxResults: PAGE_COUNT, ...(token === null ? {} : { nextPageToken: token }) };
      const { users, nextPageToken } = Page.parse(await ask(address, 'GET', `v1/${project}/accounts:batchGet`, { query }));
      return { users, next: nextPageToken || null };
    },
    async findTaken(accounts) {
      const found: Account[] = [];
      for (const some of chunksOf(accounts, LOOKUP_COUNT)) found.push(...(await lookUp(address, some)));
      const uids = new Set(found.map(({ localId }) => localId));
      const emails = new Set(found.map(emailOf));
      const isByEmail = (account: Account) => account.email !== undefined && !uids.has(account.localId) && emails.has(emailOf(account));
      return { uids, byEmail: new Set(accounts.filter(isByEmail).map(({ localId }) => localId)) };
    },
    async bringBack(accounts, hashConfig, isReplacing) {
      for (const some of chunksOf(accounts, UPLOAD_COUNT)) await upload(address, some, hashConfig, isReplacing);
    },
  };
}

/** Whether somebody could not sign in any more after he was brought back from this record. */
export function isRedacted({ passwordHash, providerUserInfo = [] }: Account): boolean {
  const hasPassword = providerUserInfo.some(({ providerId }) => providerId === 'password');
  return passwordHash === REDACTED || (hasPassword && passwordHash === undefined);
}

async function lookUp(address: AuthAddress, accounts: Account[]): Promise<Account[]> {
  const email = accounts.flatMap((account) => account.email ?? []);
  const body = { localId: accounts.map(({ localId }) => localId), ...(email.length > 0 ? { email } : {}) };
  return Page.parse(await ask(address, 'POST', `v1/projects/${address.projectId}/accounts:lookup`, { body })).users;
}

function emailOf({ email }: Account): string | undefined {
  return email?.toLowerCase();
}

function* chunksOf<T>(all: T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

async function upload(address: AuthAddress, users: Account[], hashConfig: HashConfig | undefined, allowOverwrite: boolean): Promise<void> {
  const path = `v1/projects/${address.projectId}/accounts`;
  const { error } = Uploaded.parse(
    await ask(address, 'POST', `${path}:batchCreate`, { body: { users, allowOverwrite, ...parametersOf(hashConfig) } }),
  );
  if (error[0]) throw new Error(`Firebase Auth did not take ${error.length} accounts back, the first: ${error[0].message}`);
  // Taking an account back ends its sessions, as if they had been revoked now. They are as old as the backup says.
  const dated = users.filter(({ validSince }) => validSince !== undefined);
  await inParallel(dated, AT_ONCE, async ({ localId, validSince }) => {
    await ask(address, 'POST', `${path}:update`, { body: { localId, validSince } });
  });
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
