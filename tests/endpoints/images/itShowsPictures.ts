/** What showing a picture promises, wherever its bytes are. */

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { issueTicket } from '#shared/access';
import type { ImageSize } from '#shared/images';
import { newId } from '#shared/runtime';
import { listImages } from '../../../functions/images/listImages.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { photograph } from '../../support/somePictures.ts';
import { looks, newUploader, type Uploader } from './uploader.ts';

/** @param itAlso - what only one kind of store promises */
export function itShowsPictures(settings: Record<string, string>, itAlso: (shown: () => Shown) => void): void {
  let shown: Shown;

  beforeAll(async () => {
    const house = await openHouse({ hasBucket: true, settings });
    const mina = await newUploader(house);
    const imageId = await mina.send(await photograph(640, 900));
    await mina.finish(imageId);
    shown = { house, mina, imageId, ticket: (await house.service.call(listImages, {}, mina)).body.ticket };
  });
  afterAll(() => shown.house.close());

  itShowsThemToTheirOwner(() => shown);
  itShowsThemToNobodyElse(() => shown);
  itAlso(() => shown);
}

export interface Shown {
  house: House;
  mina: Uploader;
  imageId: string;
  ticket: string;
}

const UNAUTHENTICATED = { status: 401, code: 'unauthenticated' };

function itShowsThemToTheirOwner(shown: () => Shown): void {
  it('gives every size to who sends the header, and to who brings the ticket of the list', async () => {
    const { mina, imageId, ticket } = shown();
    const headers = { authorization: `Bearer ${mina.token}` };
    for (const size of ['original', 'large', 'thumb'] as ImageSize[]) {
      const [byHeader, byTicket] = [await mina.show(imageId, { size, headers }), await mina.show(imageId, { size, ticket })];
      expect([byHeader.status, byTicket.status]).toEqual([200, 200]);
      expect(byTicket.bytes.equals(byHeader.bytes)).toBe(true);
      expect((await looks(byTicket.bytes)).width).toBe(size === 'thumb' ? 320 : 900);
    }
  });

  it('refuses a size that there is not', async () => {
    const { house, imageId, ticket } = shown();
    const answer = await house.service.send(`showImage?${new URLSearchParams({ imageId, ticket, size: 'huge' })}`);
    expect(answer.problem).toMatchObject({ status: 400, code: 'invalid_input' });
  });
}

function itShowsThemToNobodyElse(shown: () => Shown): void {
  it('asks who lacks both, or brings a ticket for something else, to sign in', async () => {
    const { house, mina, imageId, ticket } = shown();
    const show = async (more: object) => (await house.service.send(`showImage?${new URLSearchParams({ imageId, ...more })}`)).problem;
    const object = { name: 'songs/x', bytes: 1, sha256: '0'.repeat(64), contentType: 'audio/mpeg' };
    const audio = { use: 'audio', jti: newId('tkt'), subject: mina.uid, songId: newId('sng'), storeId: 'x', object } as const;
    expect(await show({})).toMatchObject(UNAUTHENTICATED);
    expect(await show({ ticket: `${ticket}x` })).toMatchObject(UNAUTHENTICATED);
    expect(await show({ ticket: issueTicket(audio, { now: Date.now() }).ticket })).toMatchObject(UNAUTHENTICATED);
  });

  it('knows nothing of it when another asks, an operator too, or when there is no such picture', async () => {
    const { house, mina, imageId } = shown();
    const { stranger, admin } = await house.newPeople();
    const ask = async (caller: typeof stranger, id: string) => {
      const token = await caller.tokenFor('showImage');
      return (await house.service.send(`showImage?imageId=${id}`, { headers: { authorization: `Bearer ${token}` } })).problem;
    };
    const missing = await ask(stranger, newId('img'));
    expect(missing).toMatchObject({ status: 404, code: 'not_found' });
    for (const caller of [stranger, admin]) expect(await ask(caller, imageId)).toEqual({ ...missing, requestId: expect.any(String) });
    const theirs = (await house.service.call(listImages, {}, { token: await stranger.tokenFor('listImages') })).body;
    expect(theirs).toMatchObject({ items: [], nextCursor: null });
    expect((await mina.show(imageId, { ticket: theirs.ticket })).status).toBe(404);
  });
}
