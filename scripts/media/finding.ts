/** What a look at the files needs, and what it tells. */

export interface MediaContext {
  /** Takes how far it has come, for whoever waits. */
  progress(text: string): void;
  /** Ctrl-C. */
  signal: AbortSignal;
}

export interface MediaFinding {
  isSound: boolean;
  lines: string[];
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `12.3 MB` */
export function inBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** `1 file`, `2 files` */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
