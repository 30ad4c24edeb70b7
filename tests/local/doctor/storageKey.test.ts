import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { localStorage } from '../../../scripts/doctor/localStorage.ts';
import { BUCKET, type OpenGcs, openGcsStore } from '../../shared/media/someStores.ts';

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
  const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'doctor.ts');
  const env = { PATH: process.env['PATH'], ...settings, ...own };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, 'storageKey'], { env, timeout: 20_000 }, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, lines: linesOf(stdout) });
    });
  });
}

/** Below the place and the name of the list. */
function linesOf(stdout: string): string[] {
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(2);
}

describe('npm run doctor -- storageKey', () => {
  it('says that the key opens the bucket', async () => {
    expect(await doctor()).toEqual({
      code: 0,
      lines: [
        `✓ storageKey      Key · 키: ${gcs.keyPath}`,
        'Google takes it · Google이 키를 인정합니다',
        `gcs:${BUCKET}: can be read · 읽을 수 있습니다`,
        '✓ 1  ! 0  ✗ 0   All is well · 이상 없습니다',
      ],
    });
  });

  it('says what is wrong with it and what to do, in English and Korean', async () => {
    await writeFile(gcs.keyPath, JSON.stringify({ ...gcs.key, private_key: gcs.key.private_key.slice(0, 69) }));
    const { code, lines } = await doctor();
    expect({ code, lines: lines.slice(0, 2) }).toEqual({
      code: 1,
      lines: [
        `✗ storageKey      Key · 키: ${gcs.keyPath}`,
        'too_short: The private key has 69 characters; a real one has 1,600 or more. · 비공개 키가 69자입니다(정상은 1,600자 이상).',
      ],
    });
    expect(lines[2]).toMatch(/^→ Put the whole JSON file there/);
    expect(lines[3]).toMatch(/^Google이 준 JSON 파일 전체를/);
  });

  it('says what was set right while reading, and why the bucket refuses the key of another project', async () => {
    const foreign = await gcs.google.createServiceAccountKey('media@other-project.iam.gserviceaccount.com');
    await writeFile(gcs.keyPath, `"${Buffer.from(JSON.stringify(foreign)).toString('base64')}"`);
    await gcs.storage.setMembers(BUCKET, { [gcs.key.client_email]: 'objectAdmin' });
    const { code, lines } = await doctor();
    expect(code).toBe(1);
    expect(lines).toContain('Set right while reading: quotes around it · 읽으면서 고침: 둘러싼 따옴표');
    expect(lines).toContain(
      'no_permission: Google knows the account, but it may not use the bucket. · 계정은 정상이지만 버킷 권한이 없습니다.',
    );
    expect(lines).toContain('other_project: The key is of another project than demo-sori. · demo-sori가 아닌 다른 프로젝트의 키입니다.');
    expect(lines.join('\n')).not.toContain('@');
  });

  it('has nothing to say where no key is given', async () => {
    expect(await doctor({ GCS_KEY_FILE: '' })).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(/^✓ storageKey +No key is given/), expect.anything()],
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
