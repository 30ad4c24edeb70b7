import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUCKET, refusalOf, type StorageCloud, someBytes, startStorageCloud } from './storageCloud.ts';

let cloud: StorageCloud;

beforeAll(async () => {
  cloud = await startStorageCloud();
});

afterAll(() => cloud.close());

const CONDITION = 'At least one of the pre-conditions you specified did not hold.';

describe('Objects in the local GCS, by the official client', () => {
  it('come back byte for byte, checked against their checksums', async () => {
    const bytes = someBytes(3_000_000);
    await cloud.bucket.file('whole.bin').save(bytes, { resumable: false });
    const [read] = await cloud.bucket.file('whole.bin').download({ validation: 'md5' });
    expect(read.equals(bytes)).toBe(true);
  });

  it('that are on hold can be neither deleted nor replaced, until they are let go', async () => {
    const file = cloud.bucket.file('held.bin');
    await file.save('kept', { resumable: false });
    await file.setMetadata({ temporaryHold: true });
    expect((await file.getMetadata())[0].temporaryHold).toBe(true);
    const refused = { code: 403, message: expect.stringContaining('is under active Temporary hold') };
    expect(await refusalOf(file.delete())).toMatchObject(refused);
    expect(await refusalOf(file.save('another', { resumable: false }))).toMatchObject(refused);
    expect((await file.download())[0].toString()).toBe('kept');
    await file.setMetadata({ temporaryHold: false });
    await file.delete();
    expect(await file.exists()).toEqual([false]);
  });

  it('tell their metadata', async () => {
    const file = cloud.bucket.file('told.mp3');
    const metadata = {
      contentType: 'audio/mpeg',
      cacheControl: 'public, max-age=5',
      contentDisposition: 'attachment; filename="a.mp3"',
      metadata: { songId: 'sng_1' },
    };
    await file.save('123456789', { resumable: false, metadata });
    const [told] = await file.getMetadata();
    const { generation, etag, timeCreated } = told;
    expect(told).toEqual({
      kind: 'storage#object',
      id: `${BUCKET}/told.mp3/${generation}`,
      selfLink: `${cloud.gcs.url}/storage/v1/b/${BUCKET}/o/told.mp3`,
      mediaLink: `${cloud.gcs.url}/download/storage/v1/b/${BUCKET}/o/told.mp3?generation=${generation}&alt=media`,
      name: 'told.mp3',
      bucket: BUCKET,
      generation: expect.stringMatching(/^\d{16}$/),
      metageneration: '1',
      storageClass: 'STANDARD',
      size: '9',
      md5Hash: 'JfnnlDI7RTiF9RgfG2JNCw==',
      crc32c: '4waSgw==', // the check value of CRC-32C: e3069283 for 123456789
      etag,
      timeCreated,
      updated: timeCreated,
      timeStorageClassUpdated: timeCreated,
      timeFinalized: timeCreated,
      ...metadata,
    });
  });

  it('can have any name that GCS allows, and stay inside their bucket', async () => {
    const names = ['노래/첫 번째.mp3', '../../escape', 'a/./b', 'a//b/', '%2F%', 'q?x=1&y#z', "quote'(!)*~", '🎵', 'x'.repeat(1024)];
    for (const name of names) await cloud.bucket.file(name).save(name, { resumable: false });
    const read = await Promise.all(names.map(async (name) => String((await cloud.bucket.file(name).download())[0])));
    expect(read).toEqual(names);
    const [files] = await cloud.bucket.getFiles();
    expect(files.map(({ name }) => name).filter((name) => names.includes(name))).toHaveLength(names.length);
    await Promise.all(names.map((name) => cloud.bucket.file(name).delete()));
  });

  it('refuses names that GCS refuses', async () => {
    for (const name of ['', 'x'.repeat(1025), 'line\nbreak']) {
      const answer = await uploadOverHttp(name);
      expect(answer.status).toBe(400);
    }
  });

  it('give the ranges that are asked for', async () => {
    const file = cloud.bucket.file('ranges.txt');
    await file.save('0123456789', { resumable: false });
    const range = async (options: { start?: number; end?: number }) => String((await file.download(options))[0]);
    expect(await range({ start: 2, end: 4 })).toBe('234');
    expect(await range({ start: 7 })).toBe('789');
    expect(await range({ end: -3 })).toBe('789');
    expect(await range({ start: 8, end: 99 })).toBe('89');
    expect((await refusalOf(file.download({ start: 10, end: 12 }))).code).toBe(416);
  });

  it('may be empty', async () => {
    await cloud.bucket.file('empty').save('', { resumable: false });
    expect((await cloud.bucket.file('empty').download())[0]).toHaveLength(0);
    expect((await cloud.bucket.file('empty').getMetadata())[0]).toMatchObject({ size: '0', crc32c: 'AAAAAA==' });
  });

  it('change their metadata, and only these', async () => {
    const file = cloud.bucket.file('changed');
    await file.save('x', { resumable: false, metadata: { cacheControl: 'no-store', metadata: { kept: '1', gone: '2' } } });
    const [before] = await file.getMetadata();
    await file.setMetadata({ contentType: 'text/plain', metadata: { gone: null, added: '3' } });
    const [after] = await file.getMetadata();
    expect(after).toEqual({
      ...before,
      contentType: 'text/plain',
      metadata: { kept: '1', added: '3' },
      metageneration: '2',
      etag: after.etag,
      updated: after.updated,
    });
    expect(after.etag).not.toBe(before.etag);
  });

  it('are gone after a delete, and say so', async () => {
    const file = cloud.bucket.file('deleted');
    await file.save('x', { resumable: false });
    await file.delete();
    expect(await file.exists()).toEqual([false]);
    expect(await refusalOf(file.download())).toEqual({ code: 404, message: `No such object: ${BUCKET}/deleted` });
    expect(await refusalOf(file.delete())).toEqual({ code: 404, message: `No such object: ${BUCKET}/deleted` });
    await file.delete({ ignoreNotFound: true });
  });

  it('are copied with their metadata, and the copy stands alone', async () => {
    const source = cloud.bucket.file('copy/source');
    await source.save('content', { resumable: false, contentType: 'text/x-song' });
    await source.copy('copy/target');
    await source.save('other', { resumable: false });
    const target = cloud.bucket.file('copy/target');
    expect(String((await target.download())[0])).toBe('content');
    expect((await target.getMetadata())[0]).toMatchObject({ contentType: 'text/x-song', md5Hash: md5Of('content') });
    expect(await refusalOf(source.copy('copy/target', { preconditionOpts: { ifGenerationMatch: 0 } }))).toMatchObject({ code: 412 });
  });
});

describe('Conditions in the local GCS', () => {
  it('let only one of many writers create an object', async () => {
    const file = cloud.bucket.file('created-once');
    const writers = Array.from({ length: 8 }, (_, index) =>
      cloud.bucket.file('created-once').save(`writer ${index}`, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    );
    const outcomes = await Promise.allSettled(writers);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(String((await file.download())[0])).toBe(`writer ${winner}`);
  });

  it('hold for the generation and the metageneration', async () => {
    const file = cloud.bucket.file('conditions');
    await file.save('one', { resumable: false });
    const first = Number((await file.getMetadata())[0].generation);
    await file.save('two', { resumable: false, preconditionOpts: { ifGenerationMatch: first } });
    const second = Number((await file.getMetadata())[0].generation);
    expect(second).toBeGreaterThan(first);

    const late = file.save('three', { resumable: false, preconditionOpts: { ifGenerationMatch: first } });
    expect(await refusalOf(late)).toEqual({ code: 412, message: CONDITION });
    expect(await refusalOf(file.delete({ ifGenerationMatch: first }))).toEqual({ code: 412, message: CONDITION });
    expect(await refusalOf(file.setMetadata({}, { ifMetagenerationMatch: 2 }))).toEqual({ code: 412, message: CONDITION });
    expect(String((await file.download())[0])).toBe('two');
    await file.delete({ ifGenerationMatch: second });
  });

  it('tell a reader that nothing has changed', async () => {
    const file = cloud.bucket.file('unchanged');
    await file.save('x', { resumable: false });
    const [{ generation }] = await file.getMetadata();
    const address = `${cloud.gcs.url}/storage/v1/b/${BUCKET}/o/unchanged?ifGenerationNotMatch=${generation}`;
    expect((await fetch(address, { headers: await authorisation() })).status).toBe(304);
  });

  it('find no older generation', async () => {
    const file = cloud.bucket.file('replaced');
    await file.save('one', { resumable: false });
    const [{ generation }] = await file.getMetadata();
    await file.save('two', { resumable: false });
    const old = cloud.bucket.file('replaced', { generation: Number(generation) });
    expect((await refusalOf(old.download())).code).toBe(404);
  });
});

function md5Of(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

async function authorisation(): Promise<Record<string, string>> {
  const headers = await (await cloud.bucket.storage.authClient.getClient()).getRequestHeaders();
  return { authorization: headers.get('authorization') ?? '' };
}

async function uploadOverHttp(name: string): Promise<Response> {
  const address = `${cloud.gcs.url}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`;
  return fetch(address, { method: 'POST', body: 'x', headers: await authorisation() });
}
