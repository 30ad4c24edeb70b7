/** The third part of a sweep: songs and pictures of before there was a journal get their records. */
import type { DocumentSnapshot } from '@google-cloud/firestore';
import { z } from 'zod';
import { type FileKind, fileIdOf, fileOfObject, readFileRecords, writeFile } from '#shared/files';
import { StoredObject } from '#shared/media';
import { fromDocument, inParallel, transact } from '#shared/runtime';
import { pagesOf } from './pagesOf.ts';
import type { Sweep } from './sweep.ts';

type Collection = 'songMedia' | 'imageMedia';

/** Where the song or the picture of a media document is shown. */
const SHOWN_IN: Record<Collection, string> = { songMedia: 'songs', imageMedia: 'images' };

interface MediaFile {
  fileId: string;
  kind: FileKind;
  ownerId: string;
  belongsTo: string;
  objects: StoredObject[];
}

/** @param after - the last id that has been looked at */
export async function* sweepMedia(sweep: Sweep, collection: Collection, after?: string): AsyncGenerator<string> {
  for await (const page of pagesOf(collection, undefined, after)) {
    const files = page.flatMap(filesOf);
    const records = await readFileRecords(files.map(({ fileId }) => fileId));
    sweep.spent.reads += files.length;
    const unrecorded = files.filter((_, at) => records[at] === undefined);
    await inParallel(unrecorded, sweep.bounds.atOnce, (file) => record(file, collection, sweep));
    yield page.at(-1)!.id;
  }
}

const Owned = z.looseObject({ ownerId: z.string() });

/** Every object that the document names, whatever it calls it. */
function filesOf(snapshot: DocumentSnapshot): MediaFile[] {
  const media = Owned.safeParse(fromDocument(snapshot.data() ?? {})).data;
  if (!media) return [];
  const objects = Object.values(media).flatMap((value) => StoredObject.safeParse(value).data ?? []);
  const byKind = Map.groupBy(new Map(objects.map((object) => [object.name, object])).values(), ({ name }) => fileOfObject(name)?.kind);
  return [...byKind].flatMap(([kind, own]) => {
    if (!kind) return [];
    return [{ fileId: fileIdOf(kind, snapshot.id), kind, ownerId: media.ownerId, belongsTo: snapshot.id, objects: own }];
  });
}

async function record(file: MediaFile, collection: Collection, sweep: Sweep): Promise<void> {
  sweep.spent.reads += 3;
  if (!sweep.isDryRun) sweep.spent.writes += 1;
  const isMissing = await transact(async (transaction, db) => {
    const paths = [`${SHOWN_IN[collection]}/${file.belongsTo}`, `${collection}/${file.belongsTo}`, `files/${file.fileId}`];
    const [shown, media, known] = await transaction.getAll(...paths.map((path) => db.doc(path)));
    const current = filesOf(media!).find(({ fileId }) => fileId === file.fileId);
    if (known!.exists || !current) return false;
    const createdAt = z.iso.datetime().safeParse(fromDocument(shown!.data() ?? {})['createdAt']).data;
    const now = createdAt === undefined ? new Date(sweep.world.clock.now()) : new Date(createdAt);
    if (!sweep.isDryRun) writeFile(transaction, db, { ...current, now });
    return true;
  });
  if (isMissing) sweep.counts.recordsWritten += 1;
}
