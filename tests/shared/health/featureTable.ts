/** The table of DESIGN §8, written out by hand: which function is closed when, and for which reason. What is not named is open. */
export const situations = ['phase 1', 'GCS down, one bucket', 'GCS down, hybrid', 'provider down', 'Firestore down'] as const;
export type Situation = (typeof situations)[number];

type Row = Partial<Record<Situation, string>>;

const NEEDS_DATABASE: Row = { 'Firestore down': 'database' };
/** Public reads that are still cached go on; the rest answers 503 by itself. */
const LIBRARY: Row = {};
/** For tickets that were given out, also without Firestore; of pictures those that were shown before. */
const STREAMING: Row = { 'GCS down, one bucket': 'storage' };
const STORING: Row = { 'GCS down, one bucket': 'storage', 'GCS down, hybrid': 'storage' };
const GENERATION: Row = { 'phase 1': 'phase', ...STORING, 'provider down': 'provider', ...NEEDS_DATABASE };
const LYRICS: Row = { 'phase 1': 'phase', 'provider down': 'provider', ...NEEDS_DATABASE };
const UPLOADS: Row = { 'phase 1': 'phase', ...STORING, ...NEEDS_DATABASE };
/** They do what they can. */
const NEVER_CLOSED: Row = {};

const BY_ROW: [Row, names: string][] = [
  [NEEDS_DATABASE, 'signUp signIn refreshSession signOut requestPasswordReset getProfile updateProfile'],
  [LIBRARY, 'getGeneration listGenerations cancelGeneration getSong listSongs updateSong likeSong'],
  [LIBRARY, 'createPlaylist getPlaylist listPlaylists updatePlaylist deletePlaylist listImages updateImage'],
  [STREAMING, 'getPlayback streamSong showCover showImage'],
  [GENERATION, 'createSong retryGeneration'],
  [LYRICS, 'writeLyrics'],
  [UPLOADS, 'startUpload finishUpload'],
  [NEEDS_DATABASE, 'listFiles getStorageUsage exportAccount deleteSong deleteImage deleteFiles deleteAccount'],
  [NEEDS_DATABASE, 'listUsers getUser updateUser listAllSongs moderateSong listAllGenerations getDashboard listReports'],
  [NEEDS_DATABASE, 'listBackups listIncidents acknowledgeIncident getSettings updateSettings listAudit'],
  [{ ...STORING, ...NEEDS_DATABASE }, 'startBackup'],
  [NEVER_CLOSED, 'checkHealth getStatus getOpenApi answerUnknown'],
  [NEVER_CLOSED, 'advanceGenerations watchService replicateMedia backUpDatabase verifyBackup reportDailyUsage sweepStorage'],
];

/** By the name of the function. */
export const ROWS: Record<string, Row | undefined> = Object.fromEntries(
  BY_ROW.flatMap(([row, names]) => names.split(' ').map((name) => [name, row])),
);
