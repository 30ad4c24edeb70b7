import { type Caller, issueTicket } from '#shared/access';
import type { StoredObject } from '#shared/media';
import { type NewId, problem, serviceUrl } from '#shared/runtime';
import type { PlayedSong } from './store.ts';

export interface Playback {
  url: string;
  coverUrl: string | null;
  expiresAt: string;
}

/**
 * Addresses that a player or an image can use as they are, without a header, for six hours.
 *
 * @throws `song_not_ready` when there is nothing to hear yet
 */
export function createPlayback({ song, media }: PlayedSong, caller: Caller, { now, newId }: { now: Date; newId: NewId }): Playback {
  const { songId } = song;
  if (!media?.audio) throw problem('song_not_ready');
  const subject = caller.kind === 'user' ? caller.uid : null;
  const sign = (use: 'audio' | 'cover', { storeId, ...object }: StoredObject) =>
    issueTicket({ use, jti: newId('tkt'), subject, songId, storeId, object }, { now: now.getTime() });
  const audio = sign('audio', media.audio);
  return {
    url: address('streamSong', songId, audio.ticket),
    coverUrl: media.cover ? address('showCover', songId, sign('cover', media.cover).ticket) : null,
    expiresAt: audio.expiresAt.toISOString(),
  };
}

function address(name: string, songId: string, ticket: string): string {
  return `${serviceUrl()}/${name}?${new URLSearchParams({ songId, ticket })}`;
}
