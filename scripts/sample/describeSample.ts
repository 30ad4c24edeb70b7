import { writeVerses } from '../local/sandbox/writeVerses.ts';
import { people } from './people.ts';
import { pictureList, type SamplePicture } from './pictureList.ts';
import { type SampleSong, songList } from './songList.ts';

const PASSWORD = 'sori-local-only';

/** The description that `npm run import` takes; see docs/import.md. The files it names are made by `scripts/sample/makeSample.ts`. */
export function describeSample() {
  return {
    source: 'sori-sample',
    users: people.map((person, index) => ({
      id: `user${twoDigits(index + 1)}`,
      email: `user${twoDigits(index + 1)}@sori.example`,
      password: PASSWORD,
      ...person,
      role: index === 0 ? 'admin' : 'user',
      createdAt: day(index),
    })),
    songs: songList.map((song, index) => ({
      id: `song${twoDigits(index + 1)}`,
      ownerId: `user${twoDigits(song.owner)}`,
      title: song.title,
      style: song.style,
      lyrics: lyricsOf(song) || null,
      instrumental: song.about === undefined,
      visibility: 'public',
      audio: songFile(index, 'mp3'),
      cover: songFile(index, 'jpg'),
      likes: song.likes,
      plays: song.plays,
      createdAt: day(12 + index),
    })),
    images: pictureList.map((picture, index) => ({
      id: `picture${twoDigits(index + 1)}`,
      ownerId: `user${twoDigits(picture.owner)}`,
      title: picture.title,
      file: pictureFile(picture, index),
      createdAt: day(20 + index),
    })),
  };
}

export function lyricsOf({ about }: SampleSong): string {
  return about === undefined ? '' : writeVerses(about).text;
}

export function songFile(index: number, ending: 'mp3' | 'jpg'): string {
  return `${ending === 'mp3' ? 'songs' : 'covers'}/song${twoDigits(index + 1)}.${ending}`;
}

export function pictureFile({ format }: SamplePicture, index: number): string {
  return `pictures/picture${twoDigits(index + 1)}.${format}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** Days of one spring, so that lists have an order. */
function day(number: number): string {
  return new Date(Date.UTC(2025, 2, 1 + number, 9, number * 2)).toISOString();
}
