import { execFile } from 'node:child_process';
import { mkdir, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FileRecord, fileIdOf, readFileRecords } from '#shared/files';
import { songObjectName } from '#shared/media';
import { database } from '#shared/runtime';
import { readSongMedia, type Song } from '#shared/songs';
import { HELP } from '../../scripts/media/commandLine.ts';
import { given, SOUND } from '../support/given.ts';
import { BUCKET, openTwoStores, type TwoStores } from '../support/twoStores.ts';

let stores: TwoStores;
let song: Song;
let name: string;

beforeAll(async () => {
  stores = await openTwoStores();
  const owner = (await stores.house.newPeople()).owner.uid;
  song = await given.song({ owner });
  await given.image({ owner });
  name = (await readSongMedia(song.songId))!.audio!.name;
});
afterAll(() => stores.close());

/** What an operator sees who types `npm run media -- …`. */
function media(...args: string[]): Promise<{ code: number; text: string }> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'media.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env: process.env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: `${stdout}${stderr}`.trimEnd() });
    });
  });
}

async function spoil(): Promise<void> {
  await writeFile(join(stores.directory, name), Buffer.alloc(SOUND.length, 7));
}

/** Each command is a process of its own. */
const LIMIT_MS = 60_000;

describe('npm run media', () => {
  it(
    'tells what the stores have and lack, and brings the rest to them',
    async () => {
      const before = await media('status');
      expect(before.code).toBe(0);
      expect(before.text).toContain('1 song, 1 cover, 1 picture');
      expect(before.text).toContain(`${stores.disk.id}: 3 of 3 objects`);
      expect(before.text).toContain(`${stores.bucket.id}: 0 of 3 objects, 0 B, lacks 3 · 3개 부족`);
      expect(before.text).toContain('due now · 지금 처리할 파일: 3');

      const synced = await media('sync');
      expect(synced).toEqual({ code: 0, text: expect.stringContaining('3 files copied, 0 removed · 복사 3, 삭제 0') });
      expect(synced.text).toContain(`Every file is in ${stores.disk.id} and ${stores.bucket.id} · 모든 파일이 모든 저장소에 있습니다`);
      const after = await media('status');
      expect(after.text).toContain(`${stores.bucket.id}: 3 of 3 objects`);
      expect(after.text).toContain('Nothing is lost · 잃어버린 파일이 없습니다');
    },
    LIMIT_MS,
  );

  it(
    'reads every copy to its end, and has a bad one made again',
    async () => {
      expect(await media('verify')).toEqual({ code: 0, text: expect.stringContaining('All is well · 이상 없습니다') });
      await spoil();
      expect((await media('verify', '--quick')).code).toBe(0); // its size is right: only its bytes tell
      const { code, text } = await media('verify');
      expect({ code, text }).toEqual({
        code: 1,
        text: expect.stringContaining(`BAD · 손상 또는 누락: 1\n  ${stores.disk.id}: ${name} is damaged`),
      });
      expect((await media('sync')).code).toBe(0);
      expect((await media('verify')).text).toContain('6 copies read to their end');
      expect(await readFileRecords([fileIdOf('audio', song.songId)])).toMatchObject([{ repairs: 1, dueAt: null }]);
    },
    LIMIT_MS,
  );

  it(
    'does not mistake a store that is down for one that has lost something',
    async () => {
      await stores.storage.deleteBucket(BUCKET);
      const { code, text } = await media('verify', '--quick');
      expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining('NOT LOOKED AT · 확인하지 못함: 1') });
      expect(text).toContain(`${stores.bucket.id}: 3 copies not looked at`);
      expect(text).not.toMatch(/BAD|LOST/);
      await stores.storage.restoreBucket(BUCKET);
      expect((await media('verify', '--quick')).code).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'says what no store has any more, as long as it is so',
    async () => {
      await stores.disk.delete(name);
      await stores.bucket.delete(name);
      const lost = `LOST in all stores · 모든 저장소에서 분실: 1\n  ${name} of files/${fileIdOf('audio', song.songId)}`;
      const first = await media('verify', '--quick');
      expect(first).toEqual({ code: 1, text: expect.stringContaining(lost) });
      expect(first.text).not.toContain('BAD'); // told once
      expect(await media('sync')).toEqual({ code: 1, text: expect.stringContaining('1 file still lacks a copy') });
      expect(await media('status')).toEqual({ code: 1, text: expect.stringContaining('LOST · 분실: 1 object that no store has') });
      const { text } = await media('verify');
      expect(text).toContain(lost);
      expect(text).not.toContain('BAD'); // told once
      await stores.put(stores.bucket, name, SOUND);
      expect((await media('sync')).code).toBe(0);
      expect((await media('verify')).code).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'says whose the stores are, and that a store which has got another name has lost nothing',
    async () => {
      expect((await media('status')).text).toContain('belongs to nobody yet');
      const ref = (await database()).doc(`files/${fileIdOf('audio', song.songId)}`);
      const objects = (await ref.get()).get('objects') as FileRecord['objects'];
      await ref.update({ objects: objects.map((object) => ({ ...object, storeIds: ['gcs:its-old-name'] })) });
      const status = await media('status');
      expect(status).toEqual({ code: 1, text: expect.stringContaining('ELSEWHERE · 기록과 다른 저장소에 있음: 1 object') });
      const { code, text } = await media('verify');
      const there = `${name} of files/${fileIdOf('audio', song.songId)} is in ${stores.disk.id} and ${stores.bucket.id}`;
      expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining(`다른 저장소에 있음: 1\n  ${there}`) });
      expect(`${status.text}${text}`).not.toMatch(/BAD|LOST/);
      expect((await media('sync')).code).toBe(0);
      expect((await media('verify', '--quick')).text).toContain('All is well');

      await stores.put(stores.bucket, 'sori/owner', Buffer.from('projects/production/databases/(default)'));
      const other = await media('status');
      expect(other).toEqual({ code: 1, text: expect.stringContaining('소유: projects/production/databases/(default)') });
      const refused = await media('claim');
      expect(refused).toEqual({ code: 1, text: expect.stringContaining(`${stores.bucket.id}: BELONGS TO ANOTHER DATABASE`) });
      await stores.bucket.delete('sori/owner');
    },
    LIMIT_MS,
  );

  it(
    'makes a store this database’s own that has what it does not know, when it is told to, and says what follows',
    async () => {
      const foreign = songObjectName('sng_00000000000000000000', 'a'.repeat(64));
      await stores.put(stores.bucket, foreign);
      const doubtful = await media('status');
      expect(doubtful).toEqual({ code: 1, text: expect.stringContaining(`모르는 파일 있음: ${foreign}.`) });
      const claimed = await media('claim');
      const owner = `projects/${process.env['GOOGLE_CLOUD_PROJECT']}/databases/(default)`;
      expect(claimed).toEqual({ code: 0, text: expect.stringContaining(`${stores.bucket.id}: is marked now · 표시했습니다: ${owner}`) });
      expect(claimed.text).toContain(`No document here names ${foreign} · 문서에 없는 파일`);
      await stores.bucket.delete(foreign);
      expect(await media('status')).toEqual({ code: 0, text: expect.stringContaining(`belongs to · 소유: ${owner}`) });
      expect((await media('claim')).text).toContain(`${stores.bucket.id}: belonged to it before`);
    },
    LIMIT_MS,
  );

  it(
    'takes a directory that is not there for no empty one, and goes on past a file that cannot be read',
    async () => {
      const before = await readFileRecords([fileIdOf('audio', song.songId)]);
      await rename(stores.directory, `${stores.directory}.away`);
      for (const command of ['status', 'verify', 'sync']) {
        expect(await media(command)).toEqual({
          code: 1,
          text: expect.stringContaining(`${stores.directory} is not there. Is it mounted?`),
        });
      }
      await rename(`${stores.directory}.away`, stores.directory);
      expect(await readFileRecords([fileIdOf('audio', song.songId)])).toEqual(before);

      const description = join(stores.directory, `${name}.~json`);
      const away = join(stores.directory, '.away');
      await rename(description, away);
      await mkdir(description);
      const { code, text } = await media('verify', '--quick');
      expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining(`${stores.disk.id}: 1 copy not looked at`) });
      expect(text).toContain('5 copies looked for');
      await rmdir(description);
      await rename(away, description);
    },
    LIMIT_MS,
  );

  it(
    'tells how it is used, and what was wrong with what was typed',
    async () => {
      expect(await media('--help')).toEqual({ code: 0, text: HELP });
      expect(await media('verifiy')).toEqual({ code: 1, text: `There is no command "verifiy".\n\n${HELP}` });
      expect(await media('sync', '--quick')).toEqual({ code: 1, text: '--quick belongs to verify, not to sync.' });
    },
    LIMIT_MS,
  );
});
