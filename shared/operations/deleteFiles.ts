import { discardRecord, type FileRecord, findDeleted, rememberDeleted } from '#shared/files';
import { deleteSong } from '#shared/generation';
import { deleteImage } from '#shared/images';
import { inParallel, log } from '#shared/runtime';
import { findSongEverMade, removeCover } from '#shared/songs';

export interface DeletedFile {
  fileId: string;
  deleted: boolean;
  /** Why it is still there; `internal`: it may go another time. */
  code: 'not_found' | 'internal' | null;
}

/** Each is a transaction of its own: so many at once keep the database from being flooded, and the caller from waiting long. */
const AT_ONCE = 8;

/**
 * Deletes what these files are of: a song, the cover of one, a picture. Nobody sees them from then on; their bytes go by themselves.
 * One that fails keeps no other from going. What this function has deleted is a success again for 30 days.
 *
 * @param found - the record of each id that the caller may delete
 * @returns an outcome for each id, in their order
 */
export async function deleteFiles(
  fileIds: string[],
  found: (FileRecord | undefined)[],
  { uid, now }: { uid: string; now: Date },
): Promise<DeletedFile[]> {
  const absent = fileIds.filter((_fileId, at) => !found[at]);
  const [gone] = await Promise.all([
    findDeleted(absent, { ownerId: uid, now }),
    rememberDeleted(
      fileIds.filter((_fileId, at) => found[at]),
      { ownerId: uid, now },
    ), // before they go
  ]);
  const results = fileIds.map((fileId): DeletedFile => {
    return gone.has(fileId) ? { fileId, deleted: true, code: null } : { fileId, deleted: false, code: 'not_found' };
  });
  const things = Map.groupBy([...found.keys()], (at) => found[at]?.belongsTo).values();
  await inParallel(things, AT_ONCE, async (ofOneThing) => {
    for (const at of ofOneThing) {
      const file = found[at];
      if (file) results[at] = { fileId: file.fileId, ...(await outcomeOf(file, now)) };
    }
  });
  return results;
}

async function outcomeOf(file: FileRecord, now: Date): Promise<Omit<DeletedFile, 'fileId'>> {
  try {
    if (file.state === 'kept') await remove(file, now);
    return { deleted: true, code: null };
  } catch (error) {
    log.error('file_not_deleted', { fileId: file.fileId, error });
    return { deleted: false, code: 'internal' };
  }
}

async function remove({ fileId, kind, belongsTo }: FileRecord, now: Date): Promise<void> {
  switch (kind) {
    case 'audio': {
      const song = await findSongEverMade(belongsTo);
      if (song) await deleteSong(song, now);
      else await discardRecord(fileId, now);
      break;
    }
    case 'cover':
      if (!(await removeCover(belongsTo, now))) await discardRecord(fileId, now);
      break;
    case 'image':
      await deleteImage(belongsTo, now);
      break;
  }
}
