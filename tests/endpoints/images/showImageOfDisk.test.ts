import { describe, expect, it } from '@jest/globals';
import { itShowsPictures } from './itShowsPictures.ts';

describe('showImage with a disk and a bucket', () => {
  itShowsPictures({}, (shown) => {
    it('sends nothing that the browser has already, and lets nobody else keep it', async () => {
      const { mina, imageId, ticket } = shown();
      const first = await mina.show(imageId, { ticket });
      const etag = first.headers.get('etag')!;
      expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'private, max-age=3600']);
      const again = await mina.show(imageId, { ticket, headers: { 'if-none-match': etag } });
      expect([again.status, again.headers.get('etag'), again.bytes.length]).toEqual([304, etag, 0]);
      expect((await mina.show(imageId, { ticket, headers: { 'if-none-match': '"another"' } })).status).toBe(200);
    });
  });
});
