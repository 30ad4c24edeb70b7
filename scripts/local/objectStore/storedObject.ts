/** What is known of an object and a bucket, as it stands on disk beside the content. */
import { z } from 'zod';

/** The metadata that whoever writes an object decides. */
export const Editable = z.object({
  contentType: z.string().optional(),
  cacheControl: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  customTime: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  /** While it is there, the object can be neither deleted nor replaced. */
  temporaryHold: z.boolean().optional(),
});

export type Editable = z.output<typeof Editable>;

export const StoredObject = z.object({
  bucket: z.string(),
  name: z.string(),
  /** Microseconds since the epoch, or one more than the last: it only grows. */
  generation: z.number().int(),
  metageneration: z.number().int(),
  bytes: z.number().int(),
  crc32c: z.string(),
  md5Hash: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** Names the file with the content, beside this one. */
  contentFile: z.string(),
  editable: Editable,
});

export type StoredObject = z.output<typeof StoredObject>;

export const CorsRule = z.object({
  origin: z.array(z.string()).default([]),
  method: z.array(z.string()).default([]),
  responseHeader: z.array(z.string()).default([]),
  maxAgeSeconds: z.number().int().optional(),
});

export type CorsRule = z.output<typeof CorsRule>;

export const StoredBucket = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/), // also what makes it safe as a directory's name
  metageneration: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  cors: z.array(CorsRule),
  /** Who may use it, by e-mail; without it, every account. */
  members: z.record(z.string(), z.enum(['objectViewer', 'objectCreator', 'objectAdmin', 'admin'])).optional(),
  /** Since then it answers as if it were not there; what is in it stays, and can come back. */
  deletedAt: z.string().optional(),
  /** Other settings (life-cycle, labels, …): kept and given back, without effect here. */
  settings: z.record(z.string(), z.unknown()),
});

export type StoredBucket = z.output<typeof StoredBucket>;
