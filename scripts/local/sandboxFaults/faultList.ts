import { z } from 'zod';

/** Where a fault can strike. The first four are the API's calls, the others its files. */
export const PLACES = ['generate', 'tasks', 'lyrics', 'keyInfo', 'audio', 'preview', 'cover'] as const;
export type Place = (typeof PLACES)[number];

export interface FaultDescription {
  /** Where it strikes when nothing narrower is asked for. */
  at: readonly Place[];
  /** Where else it strikes when it is asked to. */
  also?: readonly Place[];
  /** What the client sees. */
  does: string;
  /** The switches it reads, besides `times`, `match` and `at`. */
  reads?: readonly (keyof FaultOptions)[];
}

const API = ['generate', 'tasks', 'lyrics', 'keyInfo'] as const;
const FILES = ['audio', 'preview', 'cover'] as const;
const ALL = PLACES;

/** What can be set on a fault; each is read only by the faults that name it. */
export const FaultOptions = z.object({
  /** `fail_code` of a failed song. */
  code: z.number().int().nullable().optional(),
  /** `fail_reason` of a failed song, or the message of a refusal. */
  text: z.string().nullable().optional(),
  /** `status` of a failed song: 3, or a negative number. */
  status: z.number().int().optional(),
  /** A song fails when its preview is out, rather than at the start of the work. */
  afterPreview: z.boolean().optional(),
  delayMs: z.number().int().min(0).max(3_600_000).optional(),
  retryAfterS: z.number().int().min(0).optional(),
  /** An address to hand out or to redirect to, or one of the names in `addresses.ts`. */
  url: z.string().min(1).max(2_000).optional(),
  /** Songs that one call starts, or redirects before a file comes. */
  count: z.number().int().min(1).max(10).optional(),
  /** Polls that show a finished song without its cover. */
  polls: z.number().int().min(1).max(10_000).optional(),
});
export type FaultOptions = z.infer<typeof FaultOptions>;

/** Every fault by name. `npm run sandbox` and `GET /sandbox/faults` show this list. */
export const FAULTS = {
  // The request is not taken: nothing is accepted, nothing is spent.
  slow: { at: ALL, does: 'answers after delayMs (5000)', reads: ['delayMs'] },
  silence: { at: ALL, does: 'takes the request and never answers; nothing was accepted' },
  cut: { at: ALL, does: 'drops the connection without an answer; nothing was accepted' },
  status500: { at: ALL, does: 'answers 500 with a JSON body' },
  status503: { at: ALL, does: 'answers 503 with an empty body; with Retry-After when retryAfterS is given', reads: ['retryAfterS'] },
  html502: { at: ALL, does: 'answers 502 with a page of HTML' },
  html200: { at: API, does: 'answers 200 with a page of HTML' },
  status429: { at: API, also: FILES, does: 'answers 429; with Retry-After when retryAfterS is given', reads: ['retryAfterS'] },
  keyRefused401: { at: API, does: 'answers 401 as for a wrong key' },
  keyRefused403: { at: API, does: 'answers 403 as for a disabled key' },
  keyRefusedInBody: { at: API, does: 'answers HTTP 200 with status 400001 and no data' },
  outOfCredit: { at: ['generate', 'lyrics'], does: 'answers HTTP 200 with status 400015 whatever the balance' },
  invalidParameter: { at: ['generate', 'lyrics'], does: 'answers HTTP 200 with status 400000 and text', reads: ['text'] },
  schema422: { at: ['generate', 'lyrics'], does: 'answers 422 with a list of details' },
  detailWithoutStatus: { at: ['generate', 'lyrics'], does: 'answers HTTP 200 with {"detail": [...]} and no status' },

  // The request is taken and counted; the answer is lost.
  acceptedThenSilence: { at: ['generate'], does: 'accepts and spends, then never answers' },
  acceptedThenCut: { at: ['generate'], does: 'accepts and spends, then drops the connection' },
  acceptedThen500: { at: ['generate'], does: 'accepts and spends, then answers 500' },
  acceptedThen502: { at: ['generate'], does: 'accepts and spends, then answers 502 with HTML' },

  // The answer is spoiled after the work was done; on `generate` the submission counts.
  cutJson: { at: API, does: 'ends the JSON in its middle' },
  emptyBody: { at: API, also: FILES, does: 'answers 200 with no body' },
  wrongType: { at: API, does: 'labels the JSON as text/html' },
  missingData: { at: API, does: 'leaves out data' },
  endlessBody: { at: ALL, does: 'sends blanks without end' },
  drip: { at: ALL, does: 'sends one byte every delayMs (1000)', reads: ['delayMs'] },
  noIds: { at: ['generate'], does: 'accepts and answers an empty list of ids' },
  numericIds: { at: ['generate', 'tasks'], does: 'gives ids as numbers' },
  songCount: { at: ['generate'], does: 'starts count (1) songs instead of two', reads: ['count'] },
  bareArray: { at: ['tasks'], does: 'answers the array without an envelope' },
  doubleEnvelope: { at: ['tasks'], does: 'answers the array in data.data' },
  forgetsIds: { at: ['tasks'], does: 'leaves every task out of the array' },
  forgetsFirst: { at: ['tasks'], also: ['generate'], does: 'leaves the first task, or the first id, out of the array' },
  otherOrder: { at: ['tasks'], also: ['generate'], does: 'answers the tasks, or the ids, in reverse order' },
  swappedIds: { at: ['tasks'], does: 'swaps id and song_id' },
  nullFields: { at: ['tasks'], does: 'gives null for what is not set yet' },
  absentFields: { at: ['tasks'], does: 'leaves out what is not set yet' },
  failCodeZero: { at: ['tasks'], does: 'gives fail_code 0 on healthy songs' },
  failCodeEmpty: { at: ['tasks'], does: 'gives fail_code and fail_reason "" on healthy songs' },
  numericStrings: { at: ['tasks', 'keyInfo'], does: 'gives numbers as strings' },
  audioUrl: { at: ['tasks'], does: 'gives url (the metadata address) as audio_url of finished songs', reads: ['url'] },
  coverUrl: { at: ['tasks'], does: 'gives url (the metadata address) as cover_url', reads: ['url'] },
  otherLyricsName: { at: ['lyrics'], does: 'names the lyrics "lyrics" in place of "text"' },
  noLyrics: { at: ['lyrics'], does: 'gives a title and an empty text' },
  wildLyrics: { at: ['lyrics'], does: 'gives 20,000 characters with control characters among them, and no title' },
  keyInfoInData: { at: ['keyInfo'], does: 'wraps the key information in data' },

  // The song is marked when it is submitted, and keeps the mark through restarts.
  failA: { at: ['generate'], does: 'the first song fails', reads: ['code', 'text', 'status', 'afterPreview'] },
  failB: { at: ['generate'], does: 'the second song fails', reads: ['code', 'text', 'status', 'afterPreview'] },
  failBoth: { at: ['generate'], does: 'both songs fail', reads: ['code', 'text', 'status', 'afterPreview'] },
  neverFinishes: { at: ['generate'], does: 'both songs stay at work for ever' },
  halfFinal: { at: ['generate'], does: 'both songs stay at status 0 with duration -1' },
  coverNever: { at: ['generate'], does: 'no cover is ever made' },
  coverLate: { at: ['generate'], does: 'the covers come only after polls (20) that show the finished songs', reads: ['polls'] },

  // Files.
  audioHtml: { at: ['audio'], does: 'sends a page of HTML with status 200' },
  audioNoise: { at: ['audio'], does: 'sends bytes labelled audio/mpeg that are no music' },
  audioTruncated: { at: ['audio'], does: 'announces the whole file and drops the connection after half of it' },
  audioHalf: { at: ['audio'], does: 'sends half of the file as if it were all' },
  audio404: { at: ['audio'], does: 'answers 404' },
  labelVideoMp4: { at: ['audio'], does: 'labels the MP3 as video/mp4' },
  noRange: { at: ['audio'], does: 'ignores Range and sends the whole file' },
  redirect: { at: FILES, also: API, does: 'redirects to url (the metadata address)', reads: ['url'] },
  redirectLoop: { at: FILES, does: 'redirects to itself' },
  redirectChain: { at: FILES, does: 'redirects count (4) times, then sends the file', reads: ['count'] },
  previewExpired: { at: ['preview'], also: ['audio', 'cover'], does: 'answers 403 "invalid or expired stream URL"' },
  coverHtml: { at: ['cover'], does: 'sends a page of HTML with status 200' },
  coverHalf: { at: ['cover'], does: 'sends half of the picture as if it were all' },
  cover404: { at: ['cover'], does: 'answers 404' },
} as const satisfies Record<string, FaultDescription>;

export type FaultName = keyof typeof FAULTS;

/** Faults that are stored with the songs they strike. */
export const SONG_FAULTS: readonly FaultName[] = ['failA', 'failB', 'failBoth', 'neverFinishes', 'halfFinal', 'coverNever', 'coverLate'];

export const FaultNames = z.enum(Object.keys(FAULTS) as [FaultName, ...FaultName[]]);
