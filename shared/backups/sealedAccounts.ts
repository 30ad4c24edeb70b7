/** Accounts in the backup bucket: pages, each sealed. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { required } from '#shared/runtime';
import { Account, HashConfig } from './accountRecords.ts';
import { folderOf, type Manifest, readObject, writeObject } from './bucket.ts';
import { seal, unseal } from './seal.ts';

const Page = z.object({ hashConfig: HashConfig.nullable(), users: z.array(Account) });
type Page = z.output<typeof Page>;

export type AccountPage = Manifest['accountPages'][number];

/** @param attempt - of this page: a seal is never the same twice, and no object is written over */
export async function writeAccountPage(page: Page, place: { backupId: string; attempt: string; number: number }): Promise<AccountPage> {
  const name = `${folderOf(place.backupId)}accounts/${String(place.number).padStart(6, '0')}-${place.attempt}.sealed`;
  const bytes = seal(Buffer.from(JSON.stringify(page)), name, required('BACKUP_SECRET'));
  return { name, bytes: bytes.length, ...(await writeObject(name, bytes)) };
}

/** @throws when its bytes are not those of the manifest, or were sealed with another secret */
export async function readAccountPage({ name, sha256 }: AccountPage): Promise<Page> {
  const bytes = await readObject(name);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('a page of accounts is not the one that was written');
  return Page.parse(JSON.parse(unseal(bytes, name, required('BACKUP_SECRET')).toString('utf8')));
}
