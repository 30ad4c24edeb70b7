/** Makes what a test needs to be there, with only the fields that matter written out. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { writeFile } from '#shared/files';
import { cancelGeneration, createGeneration, type Generation } from '#shared/generation';
import { createImage, type Image, storePicture } from '#shared/images';
import { alertOf, type Incident } from '#shared/incidents';
import { Claim } from '#shared/limits';
import { coverObjectName, mediaStores, type StoredObject, songObjectName } from '#shared/media';
import type { Playlist } from '#shared/playlists';
import { database, newId, toDocument } from '#shared/runtime';
import { type Song, writeSongSearch } from '#shared/songs';

interface SongFields extends Partial<Song> {
  /** A uid. */
  owner: string;
  /** What plays. Songs that are ready or hidden have some. */
  bytes?: Buffer;
}

export const SOUND = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const COVER = Buffer.from('a picture, for whoever does not look inside');

export const given = {
  /** A song, with real bytes in the first of `MEDIA_STORES` when it has been ready once. */
  async song({ owner, bytes = SOUND, ...fields }: SongFields): Promise<Song> {
    const songId = newId('sng');
    const now = new Date().toISOString();
    const { state = 'ready' } = fields;
    const hasBeenReady = state === 'ready' || state === 'hidden';
    const audio = hasBeenReady ? await store(songObjectName(songId, sha256(bytes)), bytes, 'audio/mpeg') : null;
    const cover = hasBeenReady ? await store(coverObjectName(songId, sha256(COVER)), COVER, 'image/jpeg') : null;
    const song: Song = {
      songId,
      generationId: null,
      ownerId: owner,
      ownerName: 'Mina',
      title: 'Paper boats',
      style: 'folk',
      lyrics: null,
      instrumental: false,
      visibility: 'private',
      state,
      durationMs: audio && 2000,
      audio: audio && { contentType: audio.contentType, bytes: audio.bytes },
      hasCover: cover !== null,
      likes: 0,
      plays: 0,
      createdAt: now,
      updatedAt: now,
      ...fields,
    };
    const db = await database();
    const batch = db.batch().create(db.doc(`songs/${songId}`), toDocument(song));
    batch.create(db.doc(`songMedia/${songId}`), { ownerId: owner, audio, cover });
    writeSongSearch(batch, db, song);
    const own = { ownerId: owner, belongsTo: songId, now: new Date(now) };
    if (audio) writeFile(batch, db, { ...own, kind: 'audio', objects: [audio] });
    if (cover) writeFile(batch, db, { ...own, kind: 'cover', objects: [cover] });
    await batch.commit();
    return song;
  },

  /** A picture that has been uploaded and finished. Its bytes are none that anything could show. */
  async image({ owner, ...fields }: { owner: string } & Partial<Image>): Promise<Image> {
    const imageId = newId('img');
    const picture = { bytes: COVER, contentType: 'image/jpeg', widthPx: 9, heightPx: 9 } as const;
    const image: Image = {
      ...{ imageId, ownerId: owner, title: 'By the river', contentType: 'image/jpeg', bytes: COVER.length, widthPx: 9, heightPx: 9 },
      ...{ state: 'ready', createdAt: new Date().toISOString(), ...fields },
    };
    const own = { imageId, ownerId: owner, attempt: newId('clm'), signal: AbortSignal.timeout(10_000) };
    const media = await storePicture({ original: picture, large: picture, thumb: picture }, own);
    const db = await database();
    const batch = db.batch();
    createImage(batch, db, image, media);
    await batch.commit();
    return image;
  },

  async playlist({ owner, ...fields }: { owner: string } & Partial<Playlist>): Promise<Playlist> {
    const now = new Date().toISOString();
    const own = { playlistId: newId('pls'), ownerId: owner, title: 'For the night train', visibility: 'private' as const, songIds: [] };
    const playlist: Playlist = { ...own, createdAt: now, updatedAt: now, ...fields };
    const db = await database();
    await db.doc(`playlists/${playlist.playlistId}`).create(toDocument(playlist));
    return playlist;
  },

  /** A request for a song that no worker has looked at yet. */
  generation({ owner }: { owner: string }): Promise<Generation> {
    const input = { prompt: 'a calm song', instrumental: false, voice: 'any', model: 'v4.5', visibility: 'private' } as const;
    return createGeneration({ uid: owner, input, claim: new Claim(undefined), now: new Date(), newId });
  },

  /** A request that was given up before any worker looked at it. */
  async cancelledGeneration({ owner }: { owner: string }): Promise<Generation> {
    return cancelGeneration((await this.generation({ owner })).generationId, new Date());
  },

  /** Something that is wrong, and that operators have been told of. */
  async incident(fields: Partial<Incident> = {}): Promise<Incident> {
    const incidentId = newId('inc');
    const at = new Date().toISOString();
    const incident: Incident = {
      ...{ incidentId, alert: 'lyrics_down', severity: 'warning', state: 'open', title: alertOf('lyrics_down').title },
      ...{ evidence: [{ at, observed: 'lyrics_fails', threshold: alertOf('lyrics_down').threshold }] },
      ...{ openedAt: at, escalatedAt: null, acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, updatedAt: at },
      ...fields,
    };
    const db = await database();
    await db.doc(`incidents/${incidentId}`).create(toDocument({ ...incident, createdAt: incident.openedAt, notices: [], isUntold: false }));
    return incident;
  },

  /** As many songs a day as a test asks for. */
  async credits({ owner, songsPerDay = 100_000 }: { owner: string; songsPerDay?: number }): Promise<void> {
    const db = await database();
    await db.doc(`quotas/${owner}`).set({ grantedOn: '2000-01-01', balance: 0, songsPerDay });
  },
};

async function store(name: string, bytes: Buffer, contentType: string): Promise<StoredObject> {
  const [first] = mediaStores();
  if (!first) throw new Error('MEDIA_STORES names no store');
  const staged = await first.stage(Readable.from([bytes]), { stagingName: `staging/${newId('fil')}`, contentType, maxBytes: bytes.length });
  return await first.publish(staged, name);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
