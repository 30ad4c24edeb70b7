import type { Firestore, Transaction } from '@google-cloud/firestore';
import { toDocument } from '#shared/runtime';
import type { Song, SongMedia } from '#shared/songs';
import type { SongEffect } from './transitions.ts';
import type { Work } from './work.ts';

const TITLE_FROM_PROMPT = 40;

/** Does to the documents of a song what the change of its request means for it. */
export function writeSong(transaction: Transaction, db: Firestore, work: Work, effect: SongEffect, now: Date): void {
  const song = db.doc(`songs/${effect.songId}`);
  const media = db.doc(`songMedia/${effect.songId}`);
  const updatedAt = now;
  switch (effect.kind) {
    case 'create':
      transaction.create(song, toDocument(freshSong(work, effect.songId, now)));
      transaction.create(media, { ownerId: work.ownerId, audio: null, cover: null } satisfies SongMedia);
      break;
    case 'publish': {
      const { audio, durationMs, title, lyrics } = effect;
      const shown = { contentType: audio.contentType, bytes: audio.bytes };
      // What the person gave stays; what he left open is the provider's.
      const given = {
        ...((work.request.title ?? !title) ? {} : { title }),
        ...(work.request.lyrics || work.request.instrumental ? {} : { lyrics }),
      };
      transaction.update(song, { state: 'ready', audio: shown, durationMs, ...given, updatedAt });
      transaction.update(media, { audio });
      break;
    }
    case 'cover':
      transaction.update(song, { hasCover: true, updatedAt });
      transaction.update(media, { cover: effect.cover });
      break;
    case 'fail':
      transaction.update(song, { state: 'failed', updatedAt });
      break;
    case 'remove':
      transaction.delete(song);
      transaction.delete(media);
      break;
  }
}

function freshSong({ generationId, ownerId, ownerName, request }: Work, songId: string, now: Date): Song {
  return {
    songId,
    generationId,
    ownerId,
    ownerName,
    title: request.title ?? [...request.prompt].slice(0, TITLE_FROM_PROMPT).join('').trim(),
    style: request.style ?? '',
    lyrics: request.lyrics,
    instrumental: request.instrumental,
    visibility: request.visibility,
    state: 'making',
    durationMs: null,
    audio: null,
    hasCover: false,
    likes: 0,
    plays: 0,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
}
