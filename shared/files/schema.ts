import { createHash } from 'node:crypto';
import { z } from 'zod';
import { idOf } from '#shared/runtime';

export const FileId = idOf('fil');
export const FileKind = z.enum(['audio', 'cover', 'image']);
export type FileKind = z.output<typeof FileKind>;

/** A file as its owner sees it. A picture with all of its sizes is one. */
export const File = z.strictObject({ fileId: z.string(), kind: FileKind, bytes: z.int(), createdAt: z.iso.datetime() });
export type File = z.output<typeof File>;

const FileObject = z.strictObject({
  name: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  contentType: z.string(),
  /** Who is known to have it: a store is named here after its copy was checked, and no longer when it turned out to be lost. */
  storeIds: z.array(z.string()),
});
export type FileObject = z.output<typeof FileObject>;

export const FILES = 'files';

/**
 * `files/{fileId}`, closed to clients: what belongs to whom, and the journal of copies. It is written with the document that shows
 * the file, in one transaction.
 */
export const FileRecord = z.strictObject({
  ...File.shape,
  ownerId: z.string(),
  /** The song or the picture that it belongs to. */
  belongsTo: z.string(),
  objects: z.array(FileObject).min(1),
  /** `deleted`: nobody sees it any more, and its bytes are still to go. */
  state: z.enum(['kept', 'deleted']),
  /** Copies that were found to be lost, so far. */
  repairs: z.int(),
  /** Attempts in a row after which a store still lacked something; 0 once none does. The next pause follows from it. */
  tries: z.int(),
  /** When `replicateMedia` is to look at it; while somebody does, when another may. Null: everything is where it belongs. */
  dueAt: z.iso.datetime().nullable(),
});
export type FileRecord = z.output<typeof FileRecord>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** One file of each kind for a song or a picture, so its id follows from it: writing it twice is writing it once. */
export function fileIdOf(kind: FileKind, belongsTo: string): string {
  const digest = createHash('sha256').update(`${kind}:${belongsTo}`).digest().subarray(0, 20);
  return `fil_${Array.from(digest, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')}`;
}

const FOLDERS: Record<string, FileKind> = { songs: 'audio', covers: 'cover', images: 'image' };

/** Which file the object of this name belongs to. */
export function fileOfObject(name: string): { kind: FileKind; belongsTo: string } | undefined {
  const [folder = '', belongsTo] = name.split('/');
  const kind = FOLDERS[folder];
  return kind && belongsTo ? { kind, belongsTo } : undefined;
}
