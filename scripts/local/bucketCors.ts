/**
 * The CORS rules of a media bucket: pages of these origins may play and show what is in it, and send what they were given an
 * address for. A bucket's `responseHeader` also names the headers that a request may carry.
 */
export function bucketCors(origin: string[]) {
  const responseHeader = ['Content-Type', 'Content-Range', 'ETag', 'x-goog-content-length-range', 'x-goog-if-generation-match'];
  return [{ origin, method: ['GET', 'HEAD', 'PUT'], responseHeader, maxAgeSeconds: 3600 }];
}
