/**
 * The reference user, from whom costs are reckoned: 100 plays of 3 minutes at 192 kbit/s and 3 new songs a month, and what an app asks for
 * around them. All of it is assumed, and on the dear side: what was measured stands in docs/budgets.json and docs/measured/jobs.json.
 */
import { BYTES_PER_PLAY } from '#shared/reports';

/** By default: what is stored is that of the middle of the first year, so that twelve such months are the year. */
export const USUAL = { plays: 100, songs: 3, months: 6 };

interface Calls {
  /** For each play. */
  play?: number;
  /** Each time somebody opens the app, to play `PLAYS_OF_A_VISIT` songs. */
  visit?: number;
  /** For each request for songs. */
  song?: number;
  /** A month. */
  month?: number;
}

export const PLAYS_OF_A_VISIT = 10;

/** By function; what is missing here is hardly ever called. */
export const CALLS: Record<string, Calls> = {
  getStatus: { visit: 1 },
  refreshSession: { visit: 1 },
  signIn: { month: 1 },
  signUp: { month: 1 / 12 },
  getProfile: { visit: 1 },
  updateProfile: { month: 0.1 },
  exportAccount: { month: 0.02 },
  listSongs: { visit: 3, song: 1 },
  getSong: { play: 0.3 },
  getPlayback: { play: 1 },
  streamSong: { play: 1 }, // browsers keep the redirect: the ranges of one play ask the bucket, not us
  showCover: { play: 0.5, visit: 1 },
  likeSong: { play: 0.05 },
  createSong: { song: 1 },
  getGeneration: { song: 10 }, // apps that listen live ask once; others come every 15 s
  listGenerations: { song: 1 },
  retryGeneration: { song: 0.05 },
  writeLyrics: { song: 0.3 },
  updateSong: { song: 0.5 },
  deleteSong: { song: 0.2 },
  listPlaylists: { visit: 0.5 },
  getPlaylist: { visit: 0.5 },
  createPlaylist: { month: 0.5 },
  updatePlaylist: { month: 2 },
  startUpload: { month: 1 },
  finishUpload: { month: 1 },
  listImages: { visit: 0.2 },
  showImage: { visit: 0.5 },
  listFiles: { month: 0.2 },
  getStorageUsage: { month: 0.2 },
};

/** Of operators and of Google's uptime check, whatever the number of users. */
export const CALLS_OF_A_SERVICE: Record<string, number> = {
  checkHealth: 3 * 60 * 24 * 30, // from three regions each minute
  getDashboard: 600,
  listIncidents: 300,
  listUsers: 100,
  listReports: 30,
  listBackups: 30,
};

/** Of one request: the provider makes two songs of it, and takes 2 to 3 minutes (its clients' experience). */
export const SONG = {
  perRequest: 2,
  bytes: BYTES_PER_PLAY,
  coverBytes: 150_000,
  makingS: 150,
  providerCredits: 3, // v4.5, the default model
  /** Documents that an app which listens live to a song in the making is sent, and what the rules look up for it. */
  listenedReads: 30,
};

/** Of the two or three requests that a browser makes for one song: objects read. */
export const READS_PER_PLAY = 3;
/** Headers and JSON of an answer; redirects are less. */
export const BYTES_PER_CALL = 3_000;
/** A picture of the person's own and its sizes; covers and thumbnails as they are looked at, kept by the browser from then on. */
export const PICTURE_BYTES = 3_000_000;
export const THUMB_BYTES = 40_000;

/** Documents that stay of what a person does. */
export const DOCUMENTS = {
  /** users, userPrivate, quotas, some playlists. */
  person: 6,
  /** generations, generationWork, grant, reservation and settlement in the ledger. */
  request: 5,
  /** songs, songMedia, songSearch, two files. */
  song: 5,
  /** images, imageMedia, files. */
  picture: 3,
  like: 1,
  /** A play is kept for five days. */
  playDays: 5,
  /** As they lie in an export, and with Firestore's own indexes around them. */
  bytes: 700,
  bytesWithIndexes: 2_500,
};

/** How an instance of Cloud Run behaves, and how far Firestore is from it in the same region. */
export const PLATFORM = {
  /** An instance without requests is kept so long. */
  keptS: 900,
  /** Billed as well: from the first request to the server that listens. */
  startS: 1.5,
  /** Around what a function waits for. */
  ownMs: 20,
  roundTripMs: 15,
  /** What functions wait for others: Auth, the provider's lyrics, a picture that is decoded. */
  otherMs: { signIn: 400, signUp: 600, refreshSession: 300, writeLyrics: 8_000, finishUpload: 2_000 } as Record<string, number>,
  /** A line of ours and one of the platform. */
  logBytes: 2_200,
  /** A function's own layers in the registry; the system's and Node's are shared. Kept for the present release and the one before. */
  imageBytes: 45_000_000,
  releases: 2,
  deploymentsPerMonth: 4,
  buildMinutes: 1.5,
};
