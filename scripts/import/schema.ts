/** What a description of a former system's data looks like. docs/import.md explains it to whoever writes one. */
import type { HashAlgorithmType } from 'firebase-admin/auth';
import { z } from 'zod';
import { DisplayName, Email, Locale, Password } from '#shared/accounts';
import { ImageTitle } from '#shared/images';
import { text } from '#shared/runtime';
import { Lyrics, Title, Visibility } from '#shared/songs';

/** The former system's own id of a thing. No `@`: it stands in the report, and e-mails do not. */
export const FormerId = z
  .string('must be the text of the former id')
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must have 1 to 128 letters, digits, or . _ : -');

const Time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2024-05-31T09:30:00Z' })
  .transform((time) => new Date(time).toISOString());
const Count = z.int().min(0).default(0);
const FilePath = text({ max: 400 });
/** Both alphabets: exports of Firebase Auth use the one or the other. */
const Bytes = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9+/_-]+={0,2}$/, 'must be base64')
  .transform((base64) => Buffer.from(base64, 'base64'));

const ALGORITHMS = [
  ...['SCRYPT', 'STANDARD_SCRYPT', 'BCRYPT', 'PBKDF2_SHA256', 'PBKDF_SHA1', 'MD5', 'SHA1', 'SHA256', 'SHA512'],
  ...['HMAC_MD5', 'HMAC_SHA1', 'HMAC_SHA256', 'HMAC_SHA512'],
] as [HashAlgorithmType, ...HashAlgorithmType[]];

/** How the former system hashed passwords: the options of Firebase Auth's import, bytes as base64. */
const PasswordHashing = z.strictObject({
  algorithm: z.enum(ALGORITHMS),
  key: Bytes.exactOptional(),
  saltSeparator: Bytes.exactOptional(),
  rounds: z.int().exactOptional(),
  memoryCost: z.int().exactOptional(),
  parallelization: z.int().exactOptional(),
  blockSize: z.int().exactOptional(),
  derivedKeyLength: z.int().exactOptional(),
});
export type PasswordHashing = z.output<typeof PasswordHashing>;

/** The outer form; each entry is looked at by itself, so that one at fault does not stop the others. */
export const Description = z.strictObject({
  /** Names the former system: ids here follow from it and the former ids. */
  source: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must have 1 to 40 lower-case letters, digits or -'),
  passwordHashing: PasswordHashing.optional(),
  users: z.array(z.unknown()).default([]),
  songs: z.array(z.unknown()).default([]),
  images: z.array(z.unknown()).default([]),
});

export const UserFields = z
  .strictObject({
    id: FormerId,
    email: Email,
    emailVerified: z.boolean().default(false),
    displayName: DisplayName,
    locale: Locale.default('ko'),
    role: z.enum(['user', 'admin']).default('user'),
    disabled: z.boolean().default(false),
    createdAt: Time.optional(),
    /** For sample data only. */
    password: Password.optional(),
    passwordHash: Bytes.optional(),
    passwordSalt: Bytes.optional(),
  })
  .refine(({ password, passwordHash }) => !(password && passwordHash), { path: ['password'], error: 'stands beside passwordHash' });
export type UserFields = z.output<typeof UserFields>;

export const SongFields = z
  .strictObject({
    id: FormerId,
    ownerId: FormerId,
    title: Title,
    style: text({ min: 0, max: 1000 }).default(''),
    lyrics: Lyrics.nullable().default(null),
    instrumental: z.boolean().default(false),
    visibility: Visibility.default('private'),
    audio: FilePath,
    cover: FilePath.optional(),
    likes: Count,
    plays: Count,
    createdAt: Time.optional(),
    updatedAt: Time.optional(),
  })
  .refine(({ lyrics, instrumental }) => !(instrumental && lyrics), { path: ['lyrics'], error: 'an instrumental has no lyrics' });
export type SongFields = z.output<typeof SongFields>;

export const ImageFields = z.strictObject({
  id: FormerId,
  ownerId: FormerId,
  title: ImageTitle,
  file: FilePath,
  createdAt: Time.optional(),
});
export type ImageFields = z.output<typeof ImageFields>;
