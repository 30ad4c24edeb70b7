import { z } from 'zod';
import { StoredObject } from '#shared/media';
import { idOf, text } from '#shared/runtime';

export const SongId = idOf('sng');
export const Title = text({ max: 80 });
export const Lyrics = text({ max: 5000, multiline: true });
export const Visibility = z.enum(['private', 'unlisted', 'public']);
export type Visibility = z.output<typeof Visibility>;

export const SongState = z.enum(['making', 'ready', 'failed', 'hidden']);

/** A song as clients see it, and exactly what `songs/{songId}` holds. */
export const Song = z.strictObject({
  songId: z.string(),
  generationId: z.string().nullable(),
  ownerId: z.string(),
  /** A copy of the owner's name, brought up to date within the hour. */
  ownerName: z.string(),
  title: z.string(),
  style: z.string(),
  lyrics: z.string().nullable(),
  instrumental: z.boolean(),
  visibility: Visibility,
  state: SongState,
  durationMs: z.int().nullable(),
  audio: z.strictObject({ contentType: z.string(), bytes: z.int() }).nullable(),
  hasCover: z.boolean(),
  likes: z.int(),
  plays: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Song = z.output<typeof Song>;

/** Where a song's bytes are: `songMedia/{songId}`, which no client may read. */
export const SongMedia = z.object({ ownerId: z.string(), audio: StoredObject.nullable(), cover: StoredObject.nullable() });
export type SongMedia = z.output<typeof SongMedia>;
