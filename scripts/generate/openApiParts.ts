/** The parts of the OpenAPI document that belong to no function. */

export const OVERVIEW = `Every function is at \`/v1/<name>\`: \`GET\` with a query reads, \`POST\` with a JSON body changes something. \`HEAD\` works wherever \`GET\` does.

Sign in by \`signIn\` or by the Firebase SDK, and send the ID token as \`Authorization: Bearer …\`. It lives for an hour; \`refreshSession\` or the SDK gives the next.

What goes wrong is answered as \`application/problem+json\`: go by its \`code\`. 429 and 503 say in \`Retry-After\` when a repetition makes sense. A caller has 100 requests a minute; \`RateLimit\` says what is left.

Reads may be repeated at will. A POST that takes an \`Idempotency-Key\` may be repeated with the same key, and is done once.

Lists give \`items\` and \`nextCursor\`: pass it as \`cursor\` for the next page, until it is null. Times are ISO 8601 in UTC.`;

/** For readers who look for an area in either language. */
export const AREA_TITLES: Record<string, string> = {
  accounts: 'Accounts · 계정',
  songs: 'Songs · 노래',
  playlists: 'Playlists · 재생목록',
  images: 'Pictures · 사진',
  files: 'Files and storage · 파일',
  admin: 'For operators · 운영',
  system: 'The service itself · 시스템',
};

export const SERVERS = [
  { url: 'https://{project}.web.app', description: 'Firebase Hosting', variables: { project: { default: 'sori' } } },
  { url: 'http://localhost:8080', description: 'npm start' },
];

export const SECURITY_SCHEMES = {
  idToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An ID token of Firebase Auth, as signIn gives it.' },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'For players and pictures, which send no headers: from getPlayback.',
  },
};

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };

export const PARAMETERS = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes a repetition within 24 hours the same request, instead of another.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
  },
  Range: { name: 'Range', in: 'header', description: 'RFC 9110, 14.2.', schema: text },
  'If-Range': { name: 'If-Range', in: 'header', description: 'RFC 9110, 13.1.5.', schema: text },
  'If-Modified-Since': { name: 'If-Modified-Since', in: 'header', description: 'RFC 9110, 13.1.3.', schema: text },
  'If-None-Match': { name: 'If-None-Match', in: 'header', description: 'RFC 9110, 13.1.2.', schema: text },
};

export const HEADERS = {
  'X-Request-Id': { description: 'Names this request in our logs.', schema: text },
  RateLimit: { description: "What is left of the signed-in caller's window, and the seconds until it ends.", schema: text },
  'RateLimit-Policy': { description: 'How many requests a window allows, and its seconds.', schema: text },
  'Retry-After': { description: 'Seconds until a repetition makes sense.', schema: count },
  'WWW-Authenticate': { description: 'RFC 9110, 11.6.1.', schema: text },
  Allow: { description: 'The methods that the function takes.', schema: text },
  ETag: { description: 'RFC 9110, 8.8.3.', schema: text },
  'Cache-Control': { description: 'How long the answer may be kept, and by whom. Answers to somebody are never shared.', schema: text },
  'Accept-Ranges': { description: 'Always `bytes`.', schema: text },
  'Last-Modified': { description: 'RFC 9110, 8.8.2.', schema: text },
  'Content-Disposition': { description: 'With `download`: the name to save it under.', schema: text },
  'Content-Range': { description: 'RFC 9110, 14.4.', schema: text },
  Location: { description: 'A URL that works for a while.', schema: { type: 'string', format: 'uri' } },
  'Idempotent-Replayed': { description: '`true` when the request had been done before.', schema: text },
};
