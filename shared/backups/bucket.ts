/** What stands in the backup bucket, and under which names. */
import { z } from 'zod';
import { backupStore, type MediaStore } from '#shared/media';
import { inParallel, newId } from '#shared/runtime';

const MOST_BYTES = 64 * 1024 * 1024;
const AT_ONCE = 8;

export const Manifest = z.object({
  version: z.literal(1),
  backupId: z.string(),
  /** Which project it is of. */
  project: z.string(),
  snapshotAt: z.iso.datetime(),
  isWeekly: z.boolean(),
  exportPlace: z.string(),
  /** Documents of each collection, read at the same instant as the export. */
  counts: z.record(z.string(), z.int()),
  documents: z.int(),
  /** Digests of every document, when they were made before the manifest. @see openManifest */
  digestPages: z.int(),
  accounts: z.int(),
  accountPages: z.array(z.object({ name: z.string(), sha256: z.string(), bytes: z.int() })),
  /** Everything else that belongs to it, with its size. */
  objects: z.array(z.object({ name: z.string(), bytes: z.int() })),
});
export type Manifest = z.output<typeof Manifest>;

export const folderOf = (backupId: string) => `backups/${backupId}/`;
export const digestName = (backupId: string, page: number) => `${folderOf(backupId)}digests/${String(page).padStart(6, '0')}.json`;
/** Of a weekly one, written when all digests are. */
const digestIndexName = (backupId: string) => `${folderOf(backupId)}digests.json`;
const DigestIndex = z.object({ pages: z.int() });
export const tombstoneName = (id: string) => `tombstones/${id}.json`;

/** Sorted by name they are sorted by time: `manifests/20261123T190000Z_bak_….json`. */
export function manifestName(backupId: string, snapshotAt: string): string {
  return `manifests/${snapshotAt.replace(/\.\d+/, '').replace(/[-:]/g, '')}_${backupId}.json`;
}

/** It stands beside the manifest once the backup has been verified: the database that knows it too may be lost. */
export function verifiedName(backupId: string, snapshotAt: string): string {
  return manifestName(backupId, snapshotAt).replace(/\.json$/, '.verified.json');
}

/** With the number of pages of digests, which are made after it. */
export async function openManifest(name: string): Promise<Manifest> {
  const manifest = await readJson(name, Manifest);
  const indexName = digestIndexName(manifest.backupId);
  if (!(await exists(indexName))) return manifest;
  return { ...manifest, digestPages: (await readJson(indexName, DigestIndex)).pages };
}

export async function writeDigestIndex(backupId: string, pages: number): Promise<void> {
  await writeJson(digestIndexName(backupId), { pages });
}

export interface KnownBackup {
  manifestName: string;
  snapshotAt: string;
  backupId: string;
  isVerified: boolean;
}

/** What the bucket itself says, for when the database is lost; oldest first. */
export async function listManifests(): Promise<KnownBackup[]> {
  const names = (await listObjects('manifests/')).map(({ name }) => name);
  return names.flatMap((name) => {
    const [, date, time, backupId] = /^manifests\/(\d{8})T(\d{6})Z_(bak_\w+)\.json$/.exec(name) ?? [];
    if (!date || !time || !backupId) return [];
    const snapshotAt = `${date.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${time.replace(/(\d\d)(\d\d)(\d\d)/, '$1:$2:$3')}Z`;
    return [{ manifestName: name, snapshotAt, backupId, isVerified: names.includes(name.replace(/\.json$/, '.verified.json')) }];
  });
}

/** The same bytes again are success. @throws {MediaFault} `damaged` when other bytes stand under the name */
export async function writeObject(name: string, bytes: Buffer, store: MediaStore = backupStore()): Promise<{ sha256: string }> {
  const stagingName = `staging/${newId('clm')}`; // of its own: another process may be writing the same
  const contentType = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
  const staged = await store.stage(piecesOf(bytes), { stagingName, contentType, maxBytes: MOST_BYTES });
  await store.publish(staged, name);
  return { sha256: staged.sha256 };
}

export function writeJson(name: string, value: unknown): Promise<{ sha256: string }> {
  return writeObject(name, Buffer.from(`${JSON.stringify(value)}\n`));
}

/** @throws {MediaFault} `missing` */
export async function readObject(name: string, store: MediaStore = backupStore()): Promise<Buffer> {
  const { body } = await store.open(name);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function readJson<T>(name: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse((await readObject(name)).toString('utf8')));
}

export async function exists(name: string): Promise<boolean> {
  for await (const found of backupStore().list(name)) if (found.name === name) return true;
  return false;
}

export async function listObjects(prefix: string): Promise<{ name: string; bytes: number }[]> {
  const found: { name: string; bytes: number }[] = [];
  for await (const { name, bytes } of backupStore().list(prefix)) found.push({ name, bytes });
  return found;
}

/** Everything of a backup, so that a life-cycle rule cannot take a part of it. A directory has no such rules, and no holds. */
export async function holdAll(names: string[], isHeld: boolean): Promise<void> {
  const store = backupStore();
  await inParallel(names, AT_ONCE, (name) => store.hold?.(name, isHeld) ?? Promise.resolve());
}

/** Success when they have gone already. */
export async function removeAll(names: string[]): Promise<void> {
  await inParallel(names, AT_ONCE, (name) => backupStore().delete(name));
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += 256 * 1024) yield bytes.subarray(at, at + 256 * 1024);
}
