/**
 * Deletes many files at once, with an outcome for each. With its sound the whole song goes, with its cover only the picture on it.
 * The bytes go within minutes, or when storage can be reached again. Deleting them again within 30 days is a success.
 */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { files } from '#shared/files';
import { deleteFiles as removeFiles } from '#shared/operations';

const MOST = 100;
/** What is no id of ours names nothing: that is an outcome like any other. */
const FileIds = z
  .array(z.string().min(1).max(64))
  .min(1)
  .max(MOST)
  .refine((ids) => new Set(ids).size === ids.length, 'names a file twice');

export const deleteFiles = defineEndpoint({
  name: 'deleteFiles',
  method: 'POST',
  summary: 'Delete files, with an outcome for each',
  access: 'user',
  feature: 'files',
  needs: { files: files.mayEach('delete', 'fileIds') },
  rate: 'write',
  budget: { reads: 5 * MOST, writes: 12 * MOST },
  secrets: ['JWT_SECRET'],
  input: z.strictObject({ fileIds: FileIds }),
  output: z.strictObject({
    results: z.array(z.strictObject({ fileId: z.string(), deleted: z.boolean(), code: z.enum(['not_found', 'internal']).nullable() })),
  }),
  errors: [],
  cache: 'none',
  examples: [{ title: 'Make room', input: { fileIds: ['fil_0123456789abcdefghjk', 'fil_kjhgfedcba9876543210'] } }],

  async handler({ fileIds }, { uid }, { found, now }) {
    return { results: await removeFiles(fileIds, found.files, { uid, now }) };
  },
});
