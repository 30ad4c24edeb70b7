/** Where the bytes of a song may lie: while they come, and once they are good. */
export function objectPrefixes(songId: string): string[] {
  return [`staging/${songId}/`, `songs/${songId}/`, `covers/${songId}/`];
}

/** One attempt's own place: two workers that store the same song at once never write over one another. */
export function stagingName(songId: string, fence: number, what: 'audio' | 'cover'): string {
  return `staging/${songId}/${what}-${fence}`;
}
