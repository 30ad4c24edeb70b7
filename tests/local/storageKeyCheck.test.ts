import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { localStorage } from '../../scripts/doctor/localStorage.ts';
import { BUCKET, type OpenGcs, openGcsStore } from '../shared/media/someStores.ts';

let gcs: OpenGcs;
let settings: Record<string, string>;

beforeAll(async () => {
  gcs = await openGcsStore();
  const place = { GOOGLE_CLOUD_PROJECT: 'demo-sori', FIRESTORE_EMULATOR_HOST: '127.0.0.1:9', MEDIA_STORES: `gcs:${BUCKET}` };
  const addresses = { STORAGE_EMULATOR_HOST: gcs.url, GOOGLE_TOKEN_URL: gcs.google.tokenUrl };
  settings = { ...place, ...addresses, GCS_KEY_FILE: gcs.keyPath, LOG_LEVEL: 'silent' };
});

afterAll(() => gcs.close());

/** What an operator sees who types `npm run doctor -- storageKey`. */
function doctor(own: Record<string, string> = {}): Promise<{ code: number; lines: string[] }> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'doctor.ts');
  const env = { PATH: process.env['PATH'], ...settings, ...own };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, 'storageKey'], { env, timeout: 20_000 }, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, lines: stdout.trimEnd().split('\n').slice(1) });
    });
  });
}

describe('npm run doctor -- storageKey', () => {
  it('says that the key opens the bucket', async () => {
    expect(await doctor()).toEqual({
      code: 0,
      lines: [
        'storageKey: sound',
        `Key · 키: ${gcs.keyPath}`,
        'Google takes it · Google이 키를 인정합니다',
        `gcs:${BUCKET}: can be read · 읽을 수 있습니다`,
        'All is well · 이상 없습니다',
      ],
    });
  });

  it('says what is wrong with it and what to do, in English and Korean', async () => {
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) }));
    const { code, lines } = await doctor();
    expect({ code, lines: lines.slice(0, 4) }).toEqual({
      code: 1,
      lines: [
        'storageKey: NOT SOUND',
        `Key · 키: ${gcs.keyPath}`,
        'too_short: The private key has 69 characters; a real one has 1,600 or more.',
        '  비공개 키가 69자입니다(정상은 1,600자 이상).',
      ],
    });
    expect(lines[4]).toMatch(/^What next: Put the whole JSON file there/);
    expect(lines[5]).toMatch(/^ {2}다음: Google이 준 JSON 파일 전체를/);
  });

  it('says what was set right while reading, and why the bucket refuses the key of another project', async () => {
    const foreign = await gcs.google.createServiceAccountKey('media@other-project.iam.gserviceaccount.com');
    await writeFile(gcs.keyPath, `"${Buffer.from(JSON.stringify(foreign)).toString('base64')}"`);
    await gcs.storage.setMembers(BUCKET, { [gcs.key.client_email]: 'objectAdmin' });
    const { code, lines } = await doctor();
    expect(code).toBe(1);
    expect(lines).toContain('Set right while reading: quotes around it · 읽으면서 고침: 둘러싼 따옴표');
    expect(lines).toContain('no_permission: Google knows the account, but it may not use the bucket.');
    expect(lines).toContain('other_project: The key is of another project than demo-sori.');
    expect(lines.join('\n')).not.toContain('@');
  });

  it('has nothing to say where no key is given', async () => {
    expect(await doctor({ GCS_KEY_FILE: '' })).toMatchObject({
      code: 0,
      lines: [expect.anything(), expect.stringMatching(/^No key is given/), expect.anything()],
    });
  });
});

describe('The doctor finds the storage of the local cloud', () => {
  it('in its data directory, as long as it runs, and leaves what was set from outside', async () => {
    const directory = dirname(gcs.keyPath);
    await writeFile(join(directory, 'gcs-key.json'), '{}');
    const found = {
      MEDIA_STORES: `local:${join(directory, 'media')},gcs:sori-media`,
      GCS_KEY_FILE: join(directory, 'gcs-key.json'),
      GOOGLE_TOKEN_URL: gcs.google.tokenUrl,
      STORAGE_EMULATOR_HOST: gcs.url,
    };
    expect(localStorage({ SORI_DATA_DIR: directory })).toEqual(found);
    const { MEDIA_STORES: _, ...rest } = found;
    expect(localStorage({ SORI_DATA_DIR: directory, MEDIA_STORES: 'gcs:mine' })).toEqual(rest);
    await rm(join(directory, 'gcs', 'address.json'));
    expect(localStorage({ SORI_DATA_DIR: directory })).toEqual({});
  });
});
