/** Values for the examples of answers, by the names of fields. A field that is not here is shown by its type alone. */

/** The one moment in all examples: generated files hold no date of their making. */
export const SAMPLE_MOMENT = '2026-01-05T09:00:00.000Z';

export const SAMPLE_VALUES: Record<string, unknown> = {
  generationId: 'gen_0123456789abcdefghjk',
  songId: 'sng_0123456789abcdefghjk',
  imageId: 'img_0123456789abcdefghjk',
  fileId: 'fil_0123456789abcdefghjk',
  playlistId: 'pls_0123456789abcdefghjk',
  auditId: 'aud_0123456789abcdefghjk',
  belongsTo: 'sng_0123456789abcdefghjk',
  target: 'sng_0123456789abcdefghjk',
  action: 'moderateSong',
  before: { state: 'ready' },
  after: { state: 'hidden', reason: 'Not the singer’s own voice' },
  providers: ['password'],
  kind: 'reserve',
  on: '2026-01-05',
  songIds: ['sng_0123456789abcdefghjk'],
  uid: 'mK3q9ZxB0vYp4sT7wL2eRcN8aHf1',
  ownerId: 'mK3q9ZxB0vYp4sT7wL2eRcN8aHf1',
  actorId: 'mK3q9ZxB0vYp4sT7wL2eRcN8aHf1',
  requestId: 'req_0123456789abcdefghjk',
  email: 'mina@sori.example',
  displayName: 'Mina',
  ownerName: 'Mina',
  idToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtSzNxOVp4QiJ9.c2lnbmF0dXJl',
  refreshToken: 'AMf-vBxTheRefreshTokenOfTheSession',
  ticket: 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2UiOiJhdWRpbyJ9.c2lnbmF0dXJl',
  expiresInS: 3600,
  title: 'Paper boats',
  prompt: 'a calm song about paper boats',
  style: 'folk',
  lyrics: 'Paper boats on the river,\nfolded from yesterday’s news',
  detail: 'The music provider could not be reached in time. Your credit is back.',
  contentType: 'audio/mpeg',
  instrumental: false,
  disabled: false,
  hidden: false,
  durationMs: 183_480,
  bytes: 4_403_520,
  widthPx: 1600,
  heightPx: 1200,
  likes: 3,
  plays: 41,
  reserved: 1,
  settled: 1,
  released: 0,
  songsPerDay: 10,
  songsLeftToday: 7,
  storageBytes: 5_368_709_120,
  storageUsedBytes: 132_105_600,
  usedBytes: 132_105_600,
  limitBytes: 5_368_709_120,
  providerCreditsPerDay: 500,
  url: 'https://storage.googleapis.com/sori-media/songs/…?X-Goog-Signature=…',
  coverUrl: 'https://sori.web.app/v1/showCover?songId=sng_0123456789abcdefghjk',
  headers: { 'content-type': 'image/jpeg', 'x-goog-if-generation-match': '0' },
  projectId: 'sori',
  apiKey: 'AIzaTheWebKeyOfTheProject',
  authDomain: 'sori.firebaseapp.com',
  auth: 'http://127.0.0.1:9099',
  firestore: '127.0.0.1:8081',
  openapi: '3.1.1',
};

/** Where null says that all is well, or that there is no more. */
export const USUALLY_NULL = ['nextCursor', 'failure', 'retryOf', 'reason', 'code'];
/** Of several values, that which a reader expects. */
export const USUAL_VALUES = ['ready', 'user', 'en', 'image/jpeg', 'v4.5', 2];
/** For what has only been asked for. */
export const USUAL_AT_FIRST = ['queued', 'making', 'v4.5'];
