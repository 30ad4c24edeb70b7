/** What a rehearsal begins with: a song of the days before, on the disk that the service had, and a storage key that is cut off. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { diagnoseKey } from '#shared/media';
import { projectFolder } from '../check/command.ts';
import { runScript } from '../local/processes/child.ts';
import { openStudio } from '../local/sandbox/studio.ts';
import { GoogleRefusal } from './google.ts';
import { secretText } from './secrets.ts';
import type { Target } from './target.ts';

/** As long as the key was that Sori comes from. A real one has 1,600 characters or more. */
const CUT_AT = 69;
const KEY_SECRET = 'GCS_KEY_SECRET';

export async function prepareRehearsal(target: Target, phase: 1 | 2): Promise<void> {
  await ownSong(target);
  const stored = await secretText(target.settings[KEY_SECRET] ?? '', { target });
  if (stored && (phase === 1 || diagnoseKey(stored).isSound)) return;
  const key = await newKey(target);
  target.givenKey = phase === 1 ? cutKey(key) : key;
}

/** A key of the storage's own account, as its owner makes one at IAM. */
export async function newKey({ google, projectId }: Target): Promise<string> {
  const host = 'iam.googleapis.com';
  const email = `sori-media@${projectId}.iam.gserviceaccount.com`;
  const body = { accountId: 'sori-media', serviceAccount: { displayName: 'Sori: storage' } };
  await google.ask(host, `/v1/projects/${projectId}/serviceAccounts`, z.object({}), { method: 'POST', body }).catch((error: unknown) => {
    if (!(error instanceof GoogleRefusal && error.status === 409)) throw error;
  });
  const Made = z.object({ privateKeyData: z.base64() });
  const { privateKeyData } = await google.ask(host, `/v1/projects/${projectId}/serviceAccounts/${email}/keys`, Made, {
    method: 'POST',
    body: {},
  });
  return Buffer.from(privateKeyData, 'base64').toString();
}

function cutKey(text: string): string {
  const key = z.looseObject({ private_key: z.string() }).parse(JSON.parse(text));
  return JSON.stringify({ ...key, private_key: key.private_key.slice(0, CUT_AT) });
}

/** Brought in as `npm run import` brings a former system's data in, once. */
async function ownSong({ environment, rehearsal }: Target): Promise<void> {
  if (!rehearsal || (await hasSong(environment))) return;
  const folder = join(rehearsal.directory, 'before');
  mkdirSync(folder, { recursive: true });
  const studio = openStudio();
  const title = '배포 전의 노래';
  writeFileSync(join(folder, 'song.mp3'), await studio.sound({ style: 'calm piano', title, lyrics: '', seed: 'rehearsal', seconds: 5 }));
  await studio.close();
  const createdAt = '2025-03-01T09:00:00Z';
  const description = {
    source: 'before',
    users: [{ id: 'singer', email: 'singer@sori.example', displayName: 'Singer', role: 'admin', createdAt }],
    songs: [
      { id: 'song', ownerId: 'singer', title, style: 'calm piano', instrumental: true, visibility: 'public', audio: 'song.mp3', createdAt },
    ],
  };
  writeFileSync(join(folder, 'sori.json'), JSON.stringify(description));
  const logFile = join(rehearsal.directory, 'logs', 'import.log');
  // The storage is not there yet: what is brought in stands on the disk alone.
  const [local = ''] = (environment['MEDIA_STORES'] ?? '').split(',');
  const env = { ...process.env, ...environment, MEDIA_STORES: local, JWT_SECRET: randomBytes(48).toString('hex') };
  await runScript(join(projectFolder, 'scripts', 'import.ts'), [join(folder, 'sori.json')], { logFile, env, cwd: projectFolder });
  rmSync(folder, { recursive: true });
}

async function hasSong({ FIRESTORE_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: projectId }: Record<string, string>): Promise<boolean> {
  const url = `http://${host}/v1/projects/${projectId}/databases/(default)/documents/songs?pageSize=1`;
  const answer = await fetch(url, { headers: { Authorization: 'Bearer owner' }, signal: AbortSignal.timeout(10_000) });
  const { documents } = z.object({ documents: z.array(z.unknown()).default([]) }).parse(await answer.json());
  return documents.length > 0;
}
