/** Which objects of a store are nobody's, as far as the documents of this database tell. */
import { fileIdOf, fileOfObject, readFileRecords } from '#shared/files';
import { songsAtWork } from '#shared/generation';
import { database, fromDocument, idOf } from '#shared/runtime';
import type { Sweep } from './sweep.ts';

/** An object of ours by its name. Of other names nobody here knows whose they are. */
export type Ours = { name: string } & (
  | { kind: 'staged' }
  | { kind: 'upload'; belongsTo: string }
  | { kind: 'audio' | 'cover' | 'image'; belongsTo: string }
);

type Looking = Pick<Sweep, 'world' | 'spent'>;

export function readName(name: string): Ours | undefined {
  if (/^staging\/./.test(name)) return { name, kind: 'staged' };
  const imageId = /^uploads\/([^/]+)(\/.+)?$/.exec(name)?.[1];
  if (imageId && idOf('img').safeParse(imageId).success) return { name, kind: 'upload', belongsTo: imageId };
  const file = /^[^/]+\/[^/]+\/./.test(name) ? fileOfObject(name) : undefined;
  const isOfOurs = file && idOf(file.kind === 'image' ? 'img' : 'sng').safeParse(file.belongsTo).success;
  return isOfOurs ? { name, ...file } : undefined;
}

/** Names that no document knows, neither the journal nor what shows the song or the picture, and that nobody is at work on. */
export async function unnamedAmong(batch: Ours[], looking: Looking): Promise<Set<string>> {
  const files = batch.flatMap((object) => (object.kind === 'staged' || object.kind === 'upload' ? [] : [object]));
  const records = await readFileRecords(files.map(({ kind, belongsTo: thing }) => fileIdOf(kind, thing)));
  const unrecorded = files.filter(({ name }, at) => {
    const record = records[at];
    // What is being deleted is left to whoever does that.
    return !record || (record !== 'unreadable' && record.state === 'kept' && !record.objects.some((object) => object.name === name));
  });
  looking.spent.reads += files.length;
  const media = unrecorded.map(({ kind, belongsTo: id }) => `${kind === 'image' ? 'imageMedia' : 'songMedia'}/${id}`);
  const shown = await documentsOf(media, looking);
  const candidates = unrecorded.filter(({ name }, at) => !JSON.stringify(shown[at] ?? {}).includes(name));
  const songIds = candidates.filter(({ kind }) => kind !== 'image').map(({ belongsTo }) => belongsTo);
  looking.spent.reads += 3 * songIds.length; // of each the song, what deletes it and what makes it
  const atWork = await songsAtWork(songIds);
  const imageIds = candidates.filter(({ kind }) => kind === 'image').map(({ belongsTo }) => belongsTo);
  const awaited = await uploadsAwaited(imageIds, looking);
  return new Set(candidates.filter(({ belongsTo: id }) => !atWork.has(id) && !awaited.has(id)).map(({ name }) => name));
}

/** Pictures that may still be finished. */
export async function uploadsAwaited(imageIds: string[], looking: Looking): Promise<Set<string>> {
  const uploads = await uploadsRecorded(imageIds, looking);
  const now = looking.world.clock.now();
  return new Set([...uploads].filter(([, { expireAt }]) => !(Date.parse(String(expireAt)) <= now)).map(([imageId]) => imageId));
}

/** Those of which there is a record, lapsed or not. */
export async function uploadsRecorded(imageIds: string[], looking: Looking): Promise<Map<string, Record<string, unknown>>> {
  const paths = imageIds.map((imageId) => `uploads/${imageId}`);
  const uploads = await documentsOf(paths, looking);
  return new Map(
    imageIds.flatMap((imageId, at) => {
      const upload = uploads[at];
      return upload ? [[imageId, upload] as const] : [];
    }),
  );
}

async function documentsOf(paths: string[], { spent }: Looking): Promise<(Record<string, unknown> | undefined)[]> {
  if (paths.length === 0) return [];
  spent.reads += paths.length;
  const db = await database();
  return (await db.getAll(...paths.map((path) => db.doc(path)))).map((snapshot) => {
    const data = snapshot.data();
    return data && fromDocument(data);
  });
}
