/** Firebase's Auth emulator, and its accounts as a file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Child } from '../processes/child.ts';
import { startPart } from '../processes/part.ts';

export interface AuthEmulator {
  /** `127.0.0.1:port`, as `FIREBASE_AUTH_EMULATOR_HOST` takes it. */
  host: string;
  child: Child;
  exportTo(file: string, projectId?: string): Promise<void>;
  importFrom(file: string, projectId?: string): Promise<void>;
  close(): Promise<void>;
}

export interface AuthEmulatorOptions {
  port?: number;
  /** The project of calls that name none. @default demo-sori */
  projectId?: string;
  /** Where its output goes. @default a file of its own that `close` removes */
  logFile?: string;
}

const Account = z.looseObject({ localId: z.string(), validSince: z.string().optional() });
const Page = z.object({ users: z.array(Account).default([]), nextPageToken: z.string().optional() });
const Uploaded = z.object({ error: z.array(z.object({ index: z.number(), message: z.string() })).default([]) });

type Account = z.output<typeof Account>;

const PAGE_COUNT = 1_000;
const UPLOAD_COUNT = 200;
const CALL_TIMEOUT_MS = 30_000;

/** Starts the emulator and waits until it answers (5 to 10 s). */
export async function startAuthEmulator(options: AuthEmulatorOptions = {}): Promise<AuthEmulator> {
  const { port = 0, projectId: defaultProject = 'demo-sori' } = options;
  const scratch = options.logFile ? undefined : await mkdtemp(join(tmpdir(), 'sori-auth-'));
  const logFile = options.logFile ?? join(scratch ?? '', 'auth.log');
  const script = join(import.meta.dirname, 'authProcess.ts');
  const { child, ready } = await startPart<{ port: number }>(script, { projectId: defaultProject, port }, { logFile });
  const host = `127.0.0.1:${ready.port}`;
  return {
    host,
    child,
    exportTo: (file, projectId = defaultProject) => exportAccounts(host, projectId, file),
    importFrom: (file, projectId = defaultProject) => importAccounts(host, projectId, file),
    close: async () => {
      await child.stop();
      if (scratch) await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Writes all accounts of a project, password hashes included, to a file that only its owner may read. */
export async function exportAccounts(host: string, projectId: string, file: string): Promise<void> {
  const users = await listAccounts(host, projectId);
  await writeFile(file, JSON.stringify({ users }), { mode: 0o600 });
}

/** Brings back what `exportAccounts` has written. An account that is there already is overwritten. */
export async function importAccounts(host: string, projectId: string, file: string): Promise<void> {
  const { users } = Page.parse(JSON.parse(await readFile(file, 'utf8')));
  for (let start = 0; start < users.length; start += UPLOAD_COUNT) {
    await uploadAccounts(host, projectId, users.slice(start, start + UPLOAD_COUNT));
  }
}

async function listAccounts(host: string, projectId: string): Promise<Account[]> {
  const accounts: Account[] = [];
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({ maxResults: String(PAGE_COUNT), ...(pageToken ? { nextPageToken: pageToken } : {}) });
    const page = Page.parse(await call(host, projectId, `accounts:batchGet?${query}`));
    accounts.push(...page.users);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return accounts;
}

/** An upload makes all earlier tokens invalid, as `validSince` becomes now: it is set back, so that people stay signed in over a restart. */
async function uploadAccounts(host: string, projectId: string, users: Account[]): Promise<void> {
  const { error } = Uploaded.parse(await call(host, projectId, 'accounts:batchCreate', { users, allowOverwrite: true }));
  const [fault] = error;
  if (fault) throw new Error(`Auth emulator: ${error.length} accounts not taken back, the first: ${fault.message}`);
  const dated = users.filter((user) => user.validSince !== undefined);
  await Promise.all(dated.map(({ localId, validSince }) => call(host, projectId, 'accounts:update', { localId, validSince })));
}

async function call(host: string, projectId: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`http://${host}/identitytoolkit.googleapis.com/v1/projects/${projectId}/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: 'Bearer owner', ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`Auth emulator, ${path.split('?')[0]}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
