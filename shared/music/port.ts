/** What the service asks of whoever makes its music. One provider stands behind it today: `topMediai.ts`. */

export interface MusicProvider {
  /**
   * Asks for a song, once. Nothing in here ever repeats it: whether a request was accepted is the caller's to reason about.
   *
   * @returns the provider's tasks, one for each song that it makes (usually two), at least one
   * @throws {ProviderFault} `never_left` when it is certain that the provider has seen nothing, `unknown` when it may have accepted
   */
  submit(request: SongRequest, options: { signal?: AbortSignal }): Promise<{ taskIds: string[] }>;

  /** How tasks stand, by the asked id. Ids that the provider does not know are missing. @throws {ProviderFault} `unavailable`, `rate_limited` */
  getTasks(taskIds: string[]): Promise<Map<string, ProviderTask>>;

  /** Provider credits left on the account. @throws {ProviderFault} `unavailable`, `rate_limited` */
  getCredits(): Promise<number>;

  /** Writes lyrics; `title` may be empty. @throws {ProviderFault} of the same kinds as `submit` */
  writeLyrics(prompt: string): Promise<{ title: string; lyrics: string }>;
}

export type Model = 'v3.0' | 'v3.5' | 'v4.0' | 'v4.5' | 'v4.5-plus';

/** A song as it was asked for. The texts are checked already: within the limits of `MODELS`, NFC, no control characters. */
export interface SongRequest {
  prompt: string;
  style: string | null;
  title: string | null;
  /** Absent: the provider writes them itself. */
  lyrics: string | null;
  instrumental: boolean;
  voice: 'female' | 'male' | 'any';
  model: Model;
}

interface ModelLimits {
  /** In code points after NFC; so is `styleMax`, which holds for the joined style. */
  lyricsMax: number;
  styleMax: number;
  /** The provider's credits for one accepted request, that is, for two songs. */
  credits: number;
  /** Longest song that the model makes. */
  longestMs: number;
}

const MINUTE_MS = 60_000;

/** Lyrics, credits and length are documented by the provider; the limit of the style was found by clients that went over it. */
export const MODELS: Record<Model, ModelLimits> = {
  'v3.0': { lyricsMax: 1000, styleMax: 200, credits: 2, longestMs: 2 * MINUTE_MS },
  'v3.5': { lyricsMax: 3000, styleMax: 200, credits: 2, longestMs: 4 * MINUTE_MS },
  'v4.0': { lyricsMax: 3000, styleMax: 200, credits: 2, longestMs: 4 * MINUTE_MS },
  'v4.5': { lyricsMax: 5000, styleMax: 1000, credits: 3, longestMs: 8 * MINUTE_MS },
  'v4.5-plus': { lyricsMax: 5000, styleMax: 1000, credits: 3, longestMs: 8 * MINUTE_MS },
};

export const DEFAULT_MODEL: Model = 'v4.5';

/** The one text that describes the music to the provider: the prompt, then the style where there is one. */
export function joinedStyle({ prompt, style }: Pick<SongRequest, 'prompt' | 'style'>): string {
  return style ? `${prompt}, ${style}` : prompt;
}

export interface ProviderTask {
  /** The id that was asked for, whatever field of the answer it stood in. */
  taskId: string;
  /** `preview`: there is sound, but at an address that soon dies. `final`: it is finished and may be fetched. */
  state: 'working' | 'preview' | 'final' | 'failed';
  /** Not checked: `openDownload` does that. Always there when `final`. */
  audioUrl: string | null;
  /** May come later than the audio, or never. */
  coverUrl: string | null;
  /** As the provider says; always there when `final`. */
  durationMs: number | null;
  title: string | null;
  lyrics: string | null;
  /** Set when `failed`, and only then. The text is the provider's, cut and masked: it may be shown. */
  failure: { code: string | null; text: string | null } | null;
}
