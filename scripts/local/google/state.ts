/** What the local Google remembers between starts: one JSON file, replaced as a whole at each change. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomicFile.ts';

const AccountKey = z.object({ keyId: z.string(), publicKeyPem: z.string() });
const Account = z.object({ email: z.string(), clientId: z.string(), isDisabled: z.boolean(), keys: z.array(AccountKey) });
const SigningKey = z.object({ keyId: z.string(), privateKeyPem: z.string(), certificatePem: z.string() });

const State = z.object({
  accounts: z.array(Account),
  /** The key behind each certificate address. */
  signing: z.object({ securetoken: SigningKey, oauth2: SigningKey }),
  /** Signs access tokens, so that those given out before a restart go on working. */
  accessTokenSecret: z.string(),
});

export type Account = z.output<typeof Account>;
export type SigningKey = z.output<typeof SigningKey>;
export type State = z.output<typeof State>;

const FILE = 'google.json';

export async function loadState(directory: string): Promise<State | undefined> {
  const text = await readFile(join(directory, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : State.parse(JSON.parse(text));
}

export async function saveState(directory: string, state: State): Promise<void> {
  await writeAtomically(join(directory, FILE), JSON.stringify(state, null, 2));
}
