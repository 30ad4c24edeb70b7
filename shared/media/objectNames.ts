import { MediaFault } from './port.ts';

/** Where the sound of a song stands. */
export function songObjectName(songId: string, sha256: string): string {
  return `songs/${songId}/${sha256}.mp3`;
}

/** Where the cover of a song stands. */
export function coverObjectName(songId: string, sha256: string): string {
  return `covers/${songId}/${sha256}.jpg`;
}

const ENDINGS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' };

/** Where a size of a picture stands. */
export function imageObjectName(imageId: string, sha256: string, contentType: keyof typeof ENDINGS): string {
  return `images/${imageId}/${sha256}.${ENDINGS[contentType]}`;
}

// Parts of letters, digits, `-`, `_` and `.`, none of which starts with a dot: no way out of a directory, nothing to escape in a URL.
const OBJECT_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,7}$/;

/** Names come from our own code and from tickets, yet are checked where they become paths. @throws {MediaFault} `missing` */
export function checkObjectName(name: string): string {
  if (!OBJECT_NAME.test(name)) throw new MediaFault('missing', 'not a name that an object can have');
  return name;
}
