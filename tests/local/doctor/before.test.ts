/** Each check of the first list is seen to notice the very thing that it is for. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mediaStore } from '#shared/media';
import { database, SETTINGS_DOCUMENT } from '#shared/runtime';
import { SongMedia } from '#shared/songs';
import { alertChannel } from '../../../scripts/doctor/before/alertChannel.ts';
import { backups } from '../../../scripts/doctor/before/backups.ts';
import { clock } from '../../../scripts/doctor/before/clock.ts';
import { content } from '../../../scripts/doctor/before/content.ts';
import { databaseCheck } from '../../../scripts/doctor/before/database.ts';
import { jobs } from '../../../scripts/doctor/before/jobs.ts';
import { jwtSecret } from '../../../scripts/doctor/before/jwtSecret.ts';
import { provider } from '../../../scripts/doctor/before/provider.ts';
import { rules } from '../../../scripts/doctor/before/rules.ts';
import { settings } from '../../../scripts/doctor/before/settings.ts';
import { signIn } from '../../../scripts/doctor/before/signIn.ts';
import { json, serve } from '../../shared/music/smallServer.ts';
import { given } from '../../support/given.ts';
import { openWard, strangeBase, type Ward } from './ward.ts';

let ward: Ward;

beforeAll(async () => {
  ward = await openWard();
});
afterAll(() => ward.close());

const withSettings = (own: Record<string, string>) => ({ settings: { ...ward.site.settings, ...own } });
const fault = (...seen: string[]) => ({ mark: 'broken', seen, next: { en: expect.any(String), ko: expect.any(String) } });

async function put(path: string, data: object): Promise<void> {
  await (await database()).doc(path).set(data);
}
async function drop(path: string): Promise<void> {
  await (await database()).doc(path).delete();
}

const RANDOM = Array.from({ length: 96 }, (_, at) => ((at * 7 + (at >> 3) * 5) % 16).toString(16)).join('');

describe('settings', () => {
  it('names the one that is missing and the one that is wrong, and never its value', async () => {
    const whole = withSettings({ ALLOWED_ORIGINS: 'https://app.example' });
    expect(await ward.look(settings, whole)).toMatchObject({ mark: 'sound' });
    const found = await ward.look(settings, { settings: { ...whole.settings, AUTH_API_KEY: '', JWT_SECRET: 'short-and-secret' } });
    expect(found).toEqual(fault('AUTH_API_KEY is not set', 'JWT_SECRET: must have at least 64 characters'));
  });
});

describe('database', () => {
  it('notices settings in it that cannot be taken', async () => {
    expect(await ward.look(databaseCheck)).toMatchObject({
      mark: 'sound',
      seen: [expect.stringMatching(/^Firestore answers in \d+ ms; phase 2$/)],
    });
    await put(SETTINGS_DOCUMENT, { phase: 'three' });
    expect(await ward.look(databaseCheck)).toEqual(fault(`${SETTINGS_DOCUMENT} has values that cannot be taken: phase`));
    await drop(SETTINGS_DOCUMENT);
  });
});

describe('jwtSecret', () => {
  it.each([
    ['is not there', { JWT_SECRET: '' }, 'JWT_SECRET is not set'],
    ['is short', { JWT_SECRET: RANDOM.slice(0, 32) }, 'JWT_SECRET has 32 characters; 64 are the least'],
    ['has few different characters', { BACKUP_SECRET: 'abcd'.repeat(24) }, 'BACKUP_SECRET has only 4 different characters'],
    ['repeats itself', { JWT_SECRET: 'korvestu-lim8q2x'.repeat(6) }, 'JWT_SECRET repeats itself'],
    ['is the same for both', { JWT_SECRET: RANDOM, BACKUP_SECRET: RANDOM }, 'JWT_SECRET and BACKUP_SECRET are the same'],
  ])('refuses one that %s', async (_, own, said) => {
    expect(await ward.look(jwtSecret)).toMatchObject({ mark: 'sound' });
    expect(await ward.look(jwtSecret, withSettings(own))).toEqual(fault(said));
  });
});

describe('provider', () => {
  it('notices a key that TopMediai refuses, and a balance that does not last', async () => {
    expect(await ward.look(provider)).toMatchObject({ mark: 'sound' });
    expect(await ward.look(provider, withSettings({ TOPMEDIAI_API_KEY: 'another' }))).toEqual(
      fault('TopMediai refuses or does not answer: HTTP 401, body status 401'),
    );
    await put(SETTINGS_DOCUMENT, { providerCreditsPerDay: 100_000 });
    expect(await ward.look(provider)).toMatchObject({ mark: 'doubtful' });
    await drop(SETTINGS_DOCUMENT);
  });
});

describe('signIn', () => {
  it('notices that passwords are switched off, and that Auth is another', async () => {
    expect(await ward.look(signIn)).toMatchObject({ mark: 'sound' });
    const { url, close } = await serve((_, response) => json(response, { error: { message: 'PASSWORD_LOGIN_DISABLED' } }, 400));
    expect(await ward.look(signIn, { apiUrl: () => url })).toEqual(fault('Firebase Auth says PASSWORD_LOGIN_DISABLED'));
    await close();
  });
});

describe('content', () => {
  it('notices a song whose sound is gone', async () => {
    const { songId } = await given.song({ owner: 'somebody' });
    expect(await ward.look(content)).toEqual({ mark: 'sound', seen: ['1 songs, 0 pictures; the sound of the newest 1 is in the storage'] });
    const media = await (await database()).doc(`songMedia/${songId}`).get();
    const { audio } = SongMedia.parse(media.data());
    await mediaStore().delete(audio?.name ?? '');
    expect(await ward.look(content)).toEqual(fault('1 songs, 0 pictures', `songs/${songId}: its sound is missing`));
  });
});

describe('rules', () => {
  it('notices rules that let a stranger read what nobody may', async () => {
    await loadRules('allow read: if request.auth != null;');
    expect(await ward.look(rules)).toEqual({ mark: 'sound', seen: ['strangers are refused'] });
    await loadRules('allow read: if true;');
    expect(await ward.look(rules)).toEqual(fault('a stranger may read userPrivate/doctor'));
  });

  async function loadRules(line: string): Promise<void> {
    const content = `rules_version = '2';\nservice cloud.firestore { match /databases/{d}/documents { match /{document=**} { ${line} } } }`;
    const url = `${ward.site.dataUrl}/emulator/v1/projects/${ward.site.projectId}:securityRules`;
    const answer = await fetch(url, { method: 'PUT', body: JSON.stringify({ rules: { files: [{ name: 'firestore.rules', content }] } }) });
    expect(answer.status).toBe(200);
  }
});

describe('jobs', () => {
  it('notices that none of the jobs is declared', async () => {
    const { mark, seen } = await ward.look(jobs);
    expect({ mark, seen: seen.map((line) => line.split(':')[0]) }).toMatchObject({
      mark: 'broken',
      seen: expect.arrayContaining(['+ watchService']),
    });
  });
});

describe('backups', () => {
  it('is content where none was due yet, and notices one that has failed', async () => {
    expect(await ward.look(backups)).toMatchObject({ mark: 'sound', seen: [expect.stringMatching(/^None has been due yet/)] });
    const at = new Date(Date.now() - 30 * 60 * 60_000).toISOString();
    await put('backups/bak_1', { backupId: 'bak_1', state: 'failed', createdAt: new Date(at), failure: { code: 'deadline' } });
    const { mark, seen } = await ward.look(backups);
    expect({ mark, seen }).toEqual({
      mark: 'broken',
      seen: [
        expect.stringMatching(/^backup_overdue: .*: none verified for 30 hours$/),
        expect.stringMatching(/^backup_failed: .*: bak_1, deadline$/),
      ],
    });
    await drop('backups/bak_1');
  });
});

describe('alertChannel', () => {
  it('notices that nobody is told, and a webhook that takes nothing', async () => {
    expect(await ward.look(alertChannel)).toMatchObject({ mark: 'sound' });
    expect(await ward.look(alertChannel, { isLocal: false })).toMatchObject({ mark: 'doubtful' });
    const withHook = withSettings({ ALERT_WEBHOOK_URL: 'https://hooks.example/secret' });
    expect(await ward.look(alertChannel, withHook)).toEqual({
      mark: 'sound',
      seen: ['the webhook is set, and nothing is known against it'],
    });
    await put('alertStates/webhook_dead', { alert: 'webhook_dead' });
    expect(await ward.look(alertChannel, withHook)).toEqual(fault('the webhook takes nothing: the alert webhook_dead is open'));
    await drop('alertStates/webhook_dead');
  });
});

describe('clock', () => {
  it('notices a clock that is ten minutes off', async () => {
    expect(await ward.look(clock)).toMatchObject({ mark: 'sound' });
    const { bases, close } = await strangeBase((_, response) => {
      response.setHeader('Date', new Date(Date.now() + 10 * 60_000).toUTCString());
      json(response, {});
    });
    expect(await ward.look(clock, { bases })).toEqual(
      fault(expect.stringMatching(/^(599|600) s behind the service$/) as unknown as string),
    );
    await close();
  });
});
