/**
 * Allows a picture to be sent straight to the bucket: a PUT of one file of this type and length, once, with the given headers, within 15 minutes.
 *
 * It counts only after `finishUpload`, for which there is a day. A person may have 100 uploads at a time: those that are not finished, for
 * that day, and those of the last 20 minutes. One more is `rate_limited`; `Retry-After` says when the first of them counts no more.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { StartUploadInput, startUpload as start } from '#shared/images';

export const startUpload = defineEndpoint({
  name: 'startUpload',
  method: 'POST',
  summary: 'Ask where to send a picture',
  access: 'user',
  feature: 'uploads',
  needs: {},
  rate: 'write',
  idempotency: 'replay',
  budget: { reads: 6, writes: 2 },
  secrets: ['JWT_SECRET'],
  input: StartUploadInput,
  output: z.strictObject({
    imageId: z.string(),
    upload: z.strictObject({
      method: z.literal('PUT'),
      url: z.url(),
      headers: z.record(z.string(), z.string()),
      expiresAt: z.iso.datetime(),
    }),
  }),
  status: 201,
  errors: ['storage_full', 'idempotency_key_reused', 'not_found', 'rate_limited'],
  cache: 'none',
  examples: [{ title: 'A photograph', input: { contentType: 'image/jpeg', bytes: 2_480_113, title: 'By the river' } }],

  async handler(input, { uid }, { claim, now, newId }) {
    const { imageId, upload } = await start({ uid, input, claim, now, newId });
    return { imageId, upload: { ...upload, expiresAt: upload.expiresAt.toISOString() } };
  },
});
