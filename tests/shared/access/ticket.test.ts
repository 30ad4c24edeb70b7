import { beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { issueTicket, type TicketClaims, verifyTicket } from '#shared/access';

const SECRET = 'a-secret-only-for-tests-'.repeat(4);
const NOW = Date.parse('2026-11-23T10:00:00.500Z');
const HOUR_MS = 60 * 60 * 1000;

const audio: TicketClaims = {
  use: 'audio',
  songId: 'sng_0123456789abcdefghjk',
  subject: null,
  storeId: 'gcs:sori-media',
  object: { name: 'songs/sng_0123456789abcdefghjk/x.mp3', bytes: 5, sha256: 'ab'.repeat(32), contentType: 'audio/mpeg' },
  jti: 'tkt_1',
};
const pictures: TicketClaims = { use: 'pictures', subject: 'uid-1', jti: 'tkt_2' };

beforeAll(() => {
  process.env['GOOGLE_CLOUD_PROJECT'] = 'demo-sori';
  process.env['JWT_SECRET'] = SECRET;
});

describe('A ticket', () => {
  it.each([audio, { ...audio, use: 'cover' as const, subject: 'uid-1' }, pictures])('gives back what it was made for ($use)', (claims) => {
    expect(verifyTicket(issueTicket(claims, { now: NOW }).ticket, NOW)).toEqual({ claims, issuedAtS: Math.floor(NOW / 1000) });
  });

  it('holds for six hours, and says until when', () => {
    const { ticket, expiresAt } = issueTicket(audio, { now: NOW });
    expect(expiresAt).toEqual(new Date('2026-11-23T16:00:00Z'));
    expect(verifyTicket(ticket, NOW + 6 * HOUR_MS - 1000)).toEqual({ claims: audio, issuedAtS: Math.floor(NOW / 1000) });
    expect(verifyTicket(ticket, NOW + 6 * HOUR_MS)).toBeUndefined();
  });
});

describe('No ticket is', () => {
  const claims = { ...audio, iat: NOW / 1000, exp: NOW / 1000 + 100 };
  const options = { algorithm: 'HS256' as const, audience: 'sori:media-ticket' };
  const honest = jwt.sign(claims, SECRET, options);
  const [header, , signature] = honest.split('.');
  const swapped = Buffer.from(JSON.stringify({ ...claims, aud: options.audience, songId: 'sng_other' })).toString('base64url');
  it.each([
    ['an empty text', ''],
    ['any text', 'not.a.token'],
    ['one with other contents under an honest signature', `${header}.${swapped}.${signature}`],
    ['one signed with another secret', jwt.sign(claims, `${SECRET}x`, options)],
    ['one without a signature', jwt.sign(claims, '', { ...options, algorithm: 'none' })],
    ['one of another algorithm', jwt.sign(claims, SECRET, { ...options, algorithm: 'HS512' })],
    ['another JWT of ours', jwt.sign(claims, SECRET, { algorithm: 'HS256', audience: 'sori:else' })],
    ['a JWT without audience', jwt.sign(claims, SECRET, { algorithm: 'HS256' })],
    ['one that lacks a claim', jwt.sign({ ...claims, object: undefined }, SECRET, options)],
    ['one for the pictures of nobody', jwt.sign({ ...claims, ...pictures, subject: null }, SECRET, options)],
  ])('%s', (_name, text) => {
    expect(verifyTicket(honest, NOW)).toEqual({ claims: audio, issuedAtS: NOW / 1000 });
    expect(verifyTicket(text, NOW)).toBeUndefined();
  });
});
