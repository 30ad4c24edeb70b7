import { describe, expect, it } from '@jest/globals';
import { HOUSE_BUCKET } from '../../support/openHouse.ts';
import { itShowsPictures } from './itShowsPictures.ts';

describe('showImage with one bucket', () => {
  itShowsPictures({ MEDIA_STORES: `gcs:${HOUSE_BUCKET}` }, (shown) => {
    it('sends the browser to the bucket, for no longer than the address works', async () => {
      const { house, imageId, ticket } = shown();
      const { status, headers } = await house.service.send(`showImage?${new URLSearchParams({ imageId, ticket })}`);
      const location = new URL(headers.get('location')!);
      expect([status, location.pathname]).toEqual([302, expect.stringMatching(`^/${HOUSE_BUCKET}/images/${imageId}/[0-9a-f]{64}.jpg$`)]);
      const [, keptS] = /^private, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? [];
      expect(Number(keptS)).toBeLessThan(Number(location.searchParams.get('X-Goog-Expires')));
    });
  });
});
