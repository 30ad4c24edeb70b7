/** Somebody who uploads pictures, as a client does it. */
import sharp from 'sharp';
import { FileRecord, fileIdOf } from '#shared/files';
import type { ImageSize } from '#shared/images';
import { mediaStores } from '#shared/media';
import { database, newId, toDocument } from '#shared/runtime';
import { finishUpload } from '../../../functions/images/finishUpload.ts';
import { startUpload } from '../../../functions/images/startUpload.ts';
import type { KnownCaller } from '../../support/callers.ts';
import type { House } from '../../support/openHouse.ts';

export type Upload = { method: string; url: string; headers: Record<string, string>; expiresAt: string };

export type Uploader = Awaited<ReturnType<typeof newUploader>>;

export async function newUploader(house: House, person?: KnownCaller) {
  const { uid, tokenFor } = person ?? (await house.newPeople()).owner;
  const token = await tokenFor('startUpload');
  const { service } = house;
  const start = (bytes: number, more: { contentType?: string; title?: string } = {}, headers: Record<string, string> = {}) =>
    service.call(startUpload, { contentType: 'image/jpeg', bytes, ...more } as never, { token, headers });
  const finish = (imageId: string) => service.call(finishUpload, { imageId }, { token });
  return {
    uid,
    token,
    start,
    finish,
    /** Starts and sends, up to where the bytes are in the bucket. */
    async send(picture: Buffer, contentType = 'image/jpeg', title?: string) {
      const { imageId, upload } = (await start(picture.length, { contentType, ...(title === undefined ? {} : { title }) })).body;
      const { status } = await put(upload, picture);
      if (status !== 200) throw new Error(`the bucket answered ${status}`);
      return imageId;
    },
    /** As `<img>` does it: follows redirects, sends no header but for these. */
    async show(imageId: string, { size, ticket, headers = {} }: { size?: ImageSize; ticket?: string; headers?: Record<string, string> }) {
      const query = new URLSearchParams({ imageId, ...(size ? { size } : {}), ...(ticket ? { ticket } : {}) });
      const answer = await fetch(`${service.url}/showImage?${query}`, { headers });
      return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
    },
  };
}

export function put({ method, url, headers }: Upload, body: Buffer | string): Promise<Response> {
  return fetch(url, { method, headers, body: new Uint8Array(Buffer.from(body)) });
}

/** What a picture is, looked at from outside. */
export async function looks(bytes: Buffer) {
  const { format, width, height, exif, xmp, icc, orientation } = await sharp(bytes).metadata();
  return { format, width, height, metadata: [exif, xmp, icc, orientation].filter((each) => each !== undefined) };
}

/** Names of all objects under a prefix, of each store. */
export function namesIn(prefix: string): Promise<string[][]> {
  return Promise.all(
    mediaStores().map(async (store) => {
      const names: string[] = [];
      for await (const { name } of store.list(prefix)) names.push(name);
      return names;
    }),
  );
}

/** What stands where an upload was sent: the bytes of each object, in any store. An empty one seals the place. */
export async function placeOf(imageId: string): Promise<number[]> {
  const sizes: number[] = [];
  for (const store of mediaStores()) for await (const { bytes } of store.list(`uploads/${imageId}`)) sizes.push(bytes);
  return sizes;
}

/** A file of this person that takes so many bytes, as far as the books say. */
export async function givenFile(ownerId: string, bytes: number): Promise<void> {
  const belongsTo = newId('sng');
  const record = FileRecord.parse({
    ...{ fileId: fileIdOf('audio', belongsTo), kind: 'audio', bytes, createdAt: new Date().toISOString(), ownerId, belongsTo },
    objects: [{ name: `songs/${belongsTo}/x.mp3`, bytes, sha256: 'x', contentType: 'audio/mpeg', storeIds: [] }],
    ...{ state: 'kept', repairs: 0, tries: 0, dueAt: null },
  });
  const db = await database();
  await db.doc(`files/${record.fileId}`).set(toDocument(record));
}
