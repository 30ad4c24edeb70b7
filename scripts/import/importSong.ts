import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { writeFile } from '#shared/files';
import { drawCover, makeCover, PictureUnreadable } from '#shared/images';
import { coverObjectName, songObjectName } from '#shared/media';
import { toDocument } from '#shared/runtime';
import { AudioUnreadable, createFrameCounter, type FrameCounter, Song, SongMedia, writeSongSearch } from '#shared/songs';
import { findFile } from './findFile.ts';
import { importedId } from './importedId.ts';
import type { ImportRun } from './importRun.ts';
import { createMarked } from './marks.ts';
import { ownerOf } from './owner.ts';
import { EntryFault, type Outcome } from './report.ts';
import type { SongFields } from './schema.ts';
import { storeBytes } from './storeBytes.ts';

const MOST_AUDIO_BYTES = 100 * 1024 * 1024;
const MOST_COVER_BYTES = 10 * 1024 * 1024;

/**
 * Brings a song in, with its sound and its cover. The documents come last, so a song that can be seen can be played (G4).
 *
 * @throws {EntryFault}
 */
export async function importSong(fields: SongFields, run: ImportRun): Promise<Outcome> {
  const songId = importedId('sng', run.source, fields.id);
  const owner = ownerOf(fields.ownerId, run);
  if (run.imported.has(songId)) return 'there';
  if (!owner) return 'gone';
  const audioPath = await findFile(run.folder, 'audio', fields.audio, MOST_AUDIO_BYTES);
  const picture = await coverOf(fields, songId, run.folder);
  if (run.isDryRun) {
    await listen(audioPath, drain);
    return 'new';
  }

  const { taken: audio, durationMs } = await listen(audioPath, (source, check) => storeAudio(songId, source, check));
  const cover = await storeCover(songId, picture);
  const createdAt = fields.createdAt ?? run.now.toISOString();
  const { title, style, lyrics, instrumental, visibility, likes, plays, updatedAt = createdAt } = fields;
  const song = Song.parse({
    ...{ songId, generationId: null, ownerId: owner.uid, ownerName: owner.displayName },
    ...{ title, style, lyrics, instrumental, visibility, state: 'ready' },
    ...{ durationMs, audio: { contentType: audio.contentType, bytes: audio.bytes }, hasCover: true },
    ...{ likes, plays, createdAt, updatedAt },
  });
  const media = SongMedia.parse({ ownerId: owner.uid, audio, cover });
  return createMarked(songId, run.source, (batch, db) => {
    batch.create(db.doc(`songs/${songId}`), toDocument(song));
    batch.create(db.doc(`songMedia/${songId}`), toDocument(media));
    writeSongSearch(batch, db, song);
    const own = { ownerId: owner.uid, belongsTo: songId, now: new Date(createdAt) };
    writeFile(batch, db, { ...own, kind: 'audio', objects: [audio] });
    writeFile(batch, db, { ...own, kind: 'cover', objects: [cover] });
  });
}

async function coverOf({ cover, title }: SongFields, songId: string, folder: string): Promise<Buffer> {
  if (cover === undefined) return drawCover({ seed: songId, title });
  const bytes = await readFile(await findFile(folder, 'cover', cover, MOST_COVER_BYTES));
  try {
    return (await makeCover(bytes)).bytes;
  } catch (error) {
    if (!(error instanceof PictureUnreadable)) throw error;
    throw new EntryFault('cover', `cannot be used: ${error.message}`, 'Give a JPEG, PNG or WebP picture, or none: then one is drawn.');
  }
}

type Take<T> = (source: AsyncIterable<Uint8Array>, check: () => void) => Promise<T>;

/** Lets the bytes of an MP3 pass and counts its frames. `check`, called behind the last byte, throws when they were no MP3. */
async function listen<T>(path: string, take: Take<T>): Promise<{ taken: T; durationMs: number }> {
  const frames = createFrameCounter();
  let durationMs = 0;
  const check = () => {
    ({ durationMs } = frames.end());
  };
  try {
    const taken = await take(counted(createReadStream(path), frames), check);
    return { taken, durationMs };
  } catch (error) {
    if (!(error instanceof AudioUnreadable)) throw error;
    throw new EntryFault('audio', `is not an MP3 that can be played: ${error.message}`, 'Give the MP3 itself.');
  }
}

async function* counted(source: AsyncIterable<Buffer>, frames: FrameCounter): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    frames.push(chunk);
    yield chunk;
  }
}

async function drain(source: AsyncIterable<Uint8Array>, check: () => void): Promise<void> {
  for await (const _ of source);
  check();
}

function storeAudio(songId: string, source: AsyncIterable<Uint8Array>, check: () => void) {
  const nameOf = (sha256: string) => songObjectName(songId, sha256);
  return storeBytes(source, { id: songId, what: 'audio', contentType: 'audio/mpeg', maxBytes: MOST_AUDIO_BYTES, nameOf, check });
}

function storeCover(songId: string, picture: Buffer) {
  const nameOf = (sha256: string) => coverObjectName(songId, sha256);
  return storeBytes(Readable.from([picture]), {
    ...{ id: songId, what: 'cover', contentType: 'image/jpeg', maxBytes: MOST_COVER_BYTES, nameOf },
  });
}
