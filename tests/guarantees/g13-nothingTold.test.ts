/**
 * G13: everything happens in a process of its own, with every secret, token, address and prompt marked; then all that it wrote and sent
 * is searched for the marks.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addressOf, findMarks } from '../secrecy/marks.ts';
import type { Outcome } from '../secrecy/outcome.ts';
import { emulators } from '../support/emulators.ts';

const LIMIT_MS = 150_000;

let directory: string;
let outcome: Outcome;
let lines: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-marked-'));
  const { firestoreHost, authHost } = emulators();
  const env = { PATH: process.env['PATH'], FIRESTORE_EMULATOR_HOST: firestoreHost, FIREBASE_AUTH_EMULATOR_HOST: authHost };
  const program = join(import.meta.dirname, '..', 'secrecy', 'secretsProcess.ts');
  const run = promisify(execFile)(process.execPath, [program, directory, join(directory, 'outcome.json')], {
    env,
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { stdout, stderr } = await run;
  outcome = JSON.parse(await readFile(join(directory, 'outcome.json'), 'utf8')) as Outcome;
  lines = `${stdout}\n${stderr}`.split('\n').filter(Boolean);
}, LIMIT_MS);
afterAll(() => rm(directory, { recursive: true, force: true }));

function allMarks(): string[] {
  const { secrets, emails, prompts } = outcome.marks;
  return [...secrets, ...emails, ...prompts];
}

/** Texts that hold a mark, with the mark. */
function leaks(texts: string[], marks = allMarks()): { mark: string; text: string }[] {
  return texts.flatMap((text) => findMarks(text, marks).map((mark) => ({ mark, text: text.slice(0, 400) })));
}

/** What is people's own, and for nobody else: there their words may stand, and their address in one place. Secrets stand nowhere. */
const PEOPLES_WORDS = ['generations', 'generationWork', 'songs', 'songSearch', 'songMedia', 'playlists', 'images', 'users'];
const PEOPLES_ADDRESSES = ['users'];

it('everything has happened: songs, pictures, faults, a backup, a report, an incident, errors', () => {
  const all = outcome.seen.join('\n');
  for (const happened of HAPPENED) expect(all).toContain(happened);
  for (const [collection, documents] of Object.entries({ audit: 3, incidents: 2, reports: 1, jobRuns: 4, idempotency: 1, figures: 1 })) {
    expect({ collection, isThere: (outcome.collections[collection]?.length ?? 0) >= documents }).toEqual({ collection, isThere: true });
  }
  for (const code of ['request_failed', 'unhandled_rejection', 'storage_closed', 'provider_submit_failed']) {
    expect({ code, isLogged: lines.some((line) => line.includes(`"code":"${code}"`)) }).toEqual({ code, isLogged: true });
  }
  expect([outcome.webhook.length > 0, outcome.envelopes.length > 0, Object.keys(outcome.manifests).length > 0]).toEqual([true, true, true]);
});

const HAPPENED = [
  ...['signUp: 201', 'signUp: 409', 'signIn: 401', 'signIn: 200', 'refreshSession: 401', 'requestPasswordReset: 202'],
  ...['song: ready', 'song: failed', 'createSong: 422', 'writeLyrics: 200', 'heard: 206', 'uploaded: 200', 'finishUpload: 200'],
  ...['createPlaylist: 201', 'updatePlaylist: 200', 'updateImage: 200', 'retryGeneration: 202'],
  ...['exportAccount: 200', 'updateUser: 200', 'moderateSong: 200', 'getDashboard: 200', 'failing: 500', 'deleteAccount: 200'],
  ...['backUpDatabase: 200', 'backup: verified', 'reportDailyUsage: 200', 'verifyBackup: 200', 'sweepStorage: 200', 'watchService: 200'],
];

describe('no secret, token, address of a person or prompt stands', () => {
  it('in any line of the log', () => {
    expect(lines.length).toBeGreaterThan(100);
    expect(leaks(lines)).toEqual([]);
  });

  it('in what operators are sent', () => {
    expect(leaks(outcome.webhook)).toEqual([]);
  });

  it('in errors that are reported', () => {
    expect(leaks(outcome.envelopes)).toEqual([]);
  });

  it('in traces', () => {
    expect(outcome.spans.join()).toContain('POST /v1/createSong');
    expect(leaks(outcome.spans)).toEqual([]);
  });

  it('in manifests of backups', () => {
    expect(leaks(Object.entries(outcome.manifests).flat())).toEqual([]);
  });

  it('in backups, but for what people wrote and their addresses among the documents', () => {
    const files = Object.entries(outcome.backupFiles);
    expect(files.some(([name]) => name.includes('accounts'))).toBe(true);
    for (const [name, bytes] of files) {
      const { secrets, emails } = outcome.marks;
      const marks = name.includes('accounts') ? [...secrets, ...emails] : secrets;
      expect({ name, marks: findMarks(bytes, marks) }).toEqual({ name, marks: [] });
    }
  });

  it('in what those are told who are refused', () => {
    expect(new Set(outcome.refusals.map((text) => text.split(' ', 1)[0])).size).toBeGreaterThan(20);
    const { secrets, emails } = outcome.marks;
    // What the provider says against lyrics is passed on to whoever asked for them, in its words.
    const own = outcome.refusals.filter((text) => !text.startsWith('writeLyrics '));
    expect([...leaks(own), ...leaks(outcome.refusals, [...secrets, ...emails])]).toEqual([]);
  });

  it('in figures, reports, incidents, claims, runs, audits, or any document that is not people’s own', () => {
    for (const [collection, documents] of Object.entries(outcome.collections)) {
      const { secrets, emails, prompts } = outcome.marks;
      const words = PEOPLES_WORDS.includes(collection) ? [] : prompts;
      const marks = [...secrets, ...words, ...(PEOPLES_ADDRESSES.includes(collection) ? [] : emails)];
      expect({ collection, leaks: leaks(documents, marks) }).toEqual({ collection, leaks: [] });
    }
  });
});

describe('the search itself', () => {
  it.each<[string, (mark: string) => string]>([
    ['as it is', (mark) => `x${mark}x`],
    ['in capitals', (mark) => mark.toUpperCase()],
    ['in Base64', (mark) => Buffer.from(`{"a":"${mark}"}`).toString('base64')],
    ['in Base64 for URLs', (mark) => Buffer.from(`~~${mark}?`).toString('base64url')],
    ['in hexadecimal', (mark) => Buffer.from(mark).toString('hex')],
    ['escaped for a URL', (mark) => encodeURIComponent(mark)],
    ['hashed without a key', (mark) => `id_${createHash('sha256').update(mark).digest('hex').slice(0, 20)}`],
    ['as the hash of its address', (mark) => createHash('sha1').update(addressOf(mark)).digest('hex')],
  ])('finds a mark %s', (_how, spoil) => {
    for (const mark of ['q0123456789abcdef', 'a+b/c d@sori.example?x=1']) expect(findMarks(spoil(mark), [mark])).toEqual([mark]);
  });
});
