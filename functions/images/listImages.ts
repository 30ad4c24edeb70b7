/** The caller's pictures, the newest first, and a ticket by which `<img>` shows them. */
import { z } from 'zod';
import { defineEndpoint, list, pageInput } from '#shared/endpoint';
import { Image, listImages as listPage, pictureTicket } from '#shared/images';

export const listImages = defineEndpoint({
  name: 'listImages',
  method: 'GET',
  summary: "List the caller's pictures",
  access: 'user',
  feature: 'library',
  needs: {},
  rate: 'read',
  budget: { reads: 101, writes: 0 },
  secrets: ['JWT_SECRET'],
  input: z.strictObject(pageInput),
  output: list(Image).extend({ ticket: z.string() }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'The latest', input: { limit: 10 } }],

  async handler(page, { uid }, { now, newId }) {
    return { ...(await listPage(uid, page)), ticket: pictureTicket(uid, { now, newId }) };
  },
});
